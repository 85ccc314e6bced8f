import { unpainted, widthOf } from '../text.ts';
import { say } from './streams.ts';
import type { Terminal } from './terminal.ts';

/** The room that a frame has, in columns and lines. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is drawn now: lines that fit the size. The spinner stands before the first, so that one has 2 columns less. */
export type DrawFrame = (size: FrameSize) => readonly string[];

/** The part of stderr that shows how things stand. */
export interface Board {
  /** Whether frames are drawn. If not, `line` is the only way to say something. */
  readonly live: boolean;
  /** Prints a line that stays: above the frame where one is drawn. */
  line(text: string): void;
  /** Clears the frame and gives the cursor back; what comes next on stderr stands where the frame stood. */
  close(): Promise<void>;
}

/** How often a frame is made anew: soon enough for a clock that shows seconds, and for a resized window. */
const REDRAW_MS = 200;
const DEFAULT_ROWS = 24;

/**
 * Opens the board: redrawn in place on a terminal, silent but for `line` anywhere else.
 * ora does the drawing and is loaded only for a terminal.
 */
export async function openBoard(terminal: Terminal, draw: DrawFrame): Promise<Board> {
  const { stderr } = terminal;
  if (!terminal.animated) {
    return { live: false, line: (text) => void stderr.write(`${text}\n`), close: () => say(stderr, '') };
  }
  const { ora } = await import('./ora.ts');
  const frame = () => draw(sizeOf(stderr)).join('\n');
  const spinner = ora({
    stream: stderr,
    isEnabled: true,
    color: terminal.colour.stderr ? 'cyan' : false,
    // Raw mode would stop a launch in the background, and leave the terminal raw after a kill -9.
    discardStdin: false,
  });
  spinner.start(frame());
  const redraw = setInterval(() => {
    spinner.text = frame();
  }, REDRAW_MS);
  const resized = () => {
    const wrapped = wrappedLines(spinner.text, sizeOf(stderr).columns);
    spinner.clear();
    // A narrower window has wrapped the lines of the old frame: clear those that ora doesn't know of as well.
    stderr.write(wrapped > 0 ? `\u001b[${wrapped}A\u001b[J` : '\u001b[J');
    spinner.text = frame();
  };
  stderr.on('resize', resized);
  return {
    live: true,
    line: (text) => void stderr.write(`${text}\n`),
    close: () => {
      clearInterval(redraw);
      stderr.off('resize', resized);
      spinner.stop();
      return say(stderr, '');
    },
  };
}

/** One column and one line stay free: a full last column makes some terminals wrap, a full screen makes them scroll. */
function sizeOf(stream: Terminal['stderr'] & { readonly rows?: number }): FrameSize {
  return {
    columns: Math.max(20, (stream.columns || 80) - 1),
    rows: Math.max(3, (stream.rows || DEFAULT_ROWS) - 1),
  };
}

/** How many more lines a drawn frame takes in a window that is now `columns` wide. */
function wrappedLines(frame: string, columns: number): number {
  return unpainted(frame)
    .split('\n')
    .reduce((more, line, index) => {
      const width = widthOf(line) + (index === 0 ? 2 : 0);
      return more + Math.max(0, Math.ceil(width / (columns + 1)) - 1);
    }, 0);
}
