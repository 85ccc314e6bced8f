import { type Runtime, type User, untilAborted, type Wait } from '../actions/runtime.ts';
import type { Clock } from '../clock.ts';
import { openBoard } from '../terminal/board.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { elapsed, truncate, wrap } from '../text.ts';

/** What a process or a test gives a command: its terminal, and the world around it. */
export interface World extends Omit<Runtime, 'user'> {
  readonly terminal: Terminal;
}

/** What a command works with. */
export interface Host extends Runtime {
  readonly terminal: Terminal;
}

/** The host of a command, whose user sits at the terminal. Properties that are read late, as `cwd` is, stay so. */
export const hostIn = (world: World): Host =>
  Object.defineProperties({} as Host, {
    ...Object.getOwnPropertyDescriptors(world),
    user: { value: userAt(world), enumerable: true },
  });

/** Who sits at the terminal: reads stderr, and answers where stdin is theirs. */
const userAt = ({ terminal, clock, signal }: World): User => ({
  present: terminal.interactive,
  tell: (line) => void terminal.stderr.write(`${line}\n`),
  pass: (output) => void terminal.stderr.write(output),
  waiting: (wait, work) => waiting({ terminal, clock, signal: wait.toTheEnd ? NEVER : signal }, wait, work),
});

const NEVER = new AbortController().signal;

/** Where a wait is shown, by which clock, and what ends it early. */
export interface WaitHost {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Until then nobody asks what takes so long: a terminal shows sooner that something is going on than a log. */
const PATIENCE_MS = { terminal: 150, log: 700 };

/**
 * Tells people on stderr what is waited for, where it takes longer than a moment: a spinner that goes away, or one line
 * where stderr is no terminal.
 * @throws InterruptedError at Ctrl-C, at once; what `work` throws
 */
export async function waiting<T>(
  host: WaitHost,
  { doing, aside, progress, left = 'nothing was launched' }: Wait,
  work: Promise<T>,
): Promise<T> {
  const { terminal, clock, signal } = host;
  const startedAt = clock.monotonic();
  const text = aside === undefined ? doing : `${doing} (${aside})`;
  const patienceMs = terminal.animated ? PATIENCE_MS.terminal : PATIENCE_MS.log;
  let board: ReturnType<typeof openBoard> | undefined;
  const timer = setTimeout(() => {
    board = openBoard(terminal, ({ columns }) =>
      waitLines(
        [text, progress?.(), elapsed(clock.monotonic() - startedAt)].filter(Boolean).join(', '),
        columns,
      ),
    );
    board.then(
      ({ live, line }) => live || line(text),
      () => undefined,
    );
  }, patienceMs);
  try {
    return await untilAborted(work, signal, `stopped while ${doing}: ${left}`);
  } finally {
    clearTimeout(timer);
    await (await board)?.close();
  }
}

/** The spinner takes two columns of the first line. */
const waitLines = (text: string, columns: number): string[] =>
  wrap(text, columns - 2, 2).map((line) => truncate(line, columns - 2));
