import { type Clock, untilAborted } from '../clock.ts';
import { elapsed, truncate, wrap } from '../text.ts';
import { openBoard } from './board.ts';
import type { Terminal } from './terminal.ts';

/** What is waited for. */
interface Waiting {
  readonly doing: string;
  /** What else people should know of it. */
  readonly aside?: string;
  /** How far it is, asked again and again. */
  readonly progress?: () => string;
  /** What an early end leaves. */
  readonly left?: string;
}

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
  { doing, aside, progress, left = 'nothing was launched' }: Waiting,
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
