import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';

/** What node's own terminals can do, and a stream that a program passes for one may lack. */
interface Cursor {
  readonly cursorTo?: unknown;
  readonly moveCursor?: unknown;
  readonly clearLine?: unknown;
}

/** The three streams of a command and what may be done with them. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number } & Cursor;
  /** Somebody is there to answer: stdin and stderr are terminals, and `CI` is not set. */
  readonly interactive: boolean;
  /** Redrawing and spinning is welcome on stderr: a terminal, not dumb, no `CI`. */
  readonly animated: boolean;
  /** Colour is welcome on stdout / on stderr: a terminal without `NO_COLOR` and `CI`. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Judges what the given streams and environment allow. `NO_COLOR`: https://no-color.org. */
export function terminal(streams: Pick<Terminal, 'stdin' | 'stdout' | 'stderr'>, env: Environment): Terminal {
  const quiet = isSet(env['CI']);
  const dumb = env['TERM'] === 'dumb';
  const colour = !quiet && !dumb && !isSet(env['NO_COLOR']);
  // A terminal of no columns (expect, some containers) has no room to draw in.
  const live = streams.stderr.isTTY === true && streams.stderr.columns !== 0 && !quiet && !dumb;
  return {
    ...streams,
    interactive: streams.stdin.isTTY === true && streams.stderr.isTTY === true && !quiet,
    animated: live && !isSet(env['NO_COLOR']) && canRedraw(streams.stderr),
    colour: {
      stdout: colour && streams.stdout.isTTY === true,
      stderr: colour && streams.stderr.isTTY === true,
    },
  };
}

/** The width to break text at on a stream: a terminal's; undefined for a file or pipe, which get long lines. */
export const widthFor = (stream: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number | undefined => (stream.isTTY === true ? stream.columns : undefined);

/** The width of stderr in columns, read at each call because windows are resized; 80 where unknown. */
export const columnsOf = (term: Terminal): number => term.stderr.columns ?? 80;

/**
 * Lets a process end with its own code after its terminal was hung up. At its end node restores the settings of the
 * terminal, and aborts (exit 134) where that fails; it passes over descriptors that are closed.
 * @see https://github.com/nodejs/node/blob/v20.x/src/node.cc ResetStdio
 */
export function outliveHangup(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

const canRedraw = ({ cursorTo, moveCursor, clearLine }: Cursor): boolean =>
  [cursorTo, moveCursor, clearLine].every((method) => typeof method === 'function');

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
