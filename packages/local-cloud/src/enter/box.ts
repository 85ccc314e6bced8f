import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { enterCommand } from '../box/enter-command.ts';
import { onTerminal, resize, type TerminalSize } from '../box/terminal.ts';
import type { CloudFile } from '../cloud-file.ts';
import { CloudError } from '../errors.ts';
import { descendsFrom, ownNamespace } from '../holder.ts';

/** A sandbox as the control API names it: `pid` is the host's number of its init process. */
export interface EnteredBox {
  readonly kind: 'complete' | 'limited';
  readonly pid: number;
}

/**
 * Runs a command inside a sandbox, with the streams of this process: where these are a terminal, on one of the machine's own.
 * @returns the command's exit code; 128 and the signal's number when a signal ended it
 * @throws CloudError for a process that is none of the cloud's, and where a program is missing
 */
export async function runInBox(
  file: CloudFile,
  instance: string,
  box: EnteredBox,
  argv: readonly string[],
): Promise<number> {
  // Only root may enter what root has made.
  const sudo = box.kind === 'complete' && process.getuid?.() !== 0;
  const enter = (words: readonly string[], ask = true) => [
    ...(sudo ? ['sudo', ...(ask ? [] : ['--non-interactive']), '--'] : []),
    ...enterCommand(box.kind, box.pid, words),
  ];
  // Before the process is looked at, and before the terminal is made raw: sudo may ask, and wait.
  const allowed = sudo ? await ended(start(['sudo', '--validate'], ['inherit', 'inherit', 'inherit'])) : 0;
  if (allowed !== 0) return allowed;
  requireOurs(box.pid, instance, file);
  const plain = !process.stdin.isTTY || !process.stdout.isTTY;
  return plain ? await runPlain(enter(argv)) : await runOnTerminal(enter, argv);
}

/** Whoever else names a process can't make us enter it. @throws CloudError for one that is none of the cloud's */
function requireOurs(pid: number, instance: string, { mark, pid: cloudPid }: CloudFile): void {
  const [namespace, cloud = ''] = mark.split('-');
  if (namespace === ownNamespace() && descendsFrom(pid, cloud)) return;
  throw new CloudError(
    'usage',
    `process ${pid} of ${instance} is none of the local cloud's (process ${cloudPid})`,
    { hint: 'rolecall local down, then rolecall local up' },
  );
}

type Stdio = 'inherit' | 'pipe' | 'ignore';

function start(command: readonly string[], stdio: readonly Stdio[]): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { stdio: [...stdio] });
}

/** @returns the command's exit code; 128 and the signal's number, as shells have it, when a signal ended it */
async function ended(child: ChildProcess): Promise<number> {
  try {
    const [code, signal]: [number | null, NodeJS.Signals | null] = (await once(child, 'exit')) as never;
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException & { path?: string };
    throw new CloudError('usage', `${path ?? 'the command'} can't be run: ${code ?? message}`, {
      hint: 'install util-linux (setsid, nsenter), and sudo unless you are root',
      cause: error,
    });
  }
}

/** Without a terminal, or with half of one: files and pipes are the command's own, a terminal never is. */
async function runPlain(command: readonly string[]): Promise<number> {
  const streams = [process.stdin, process.stdout, process.stderr];
  const child = start(
    command,
    streams.map(({ isTTY }) => (isTTY ? 'pipe' : 'inherit')),
  );
  forwardSignals(child);
  const code = ended(child);
  return await relay(child, code);
}

/** A Ctrl-C is for the command, which has a session of its own; rolecall stays until the command has ended. */
function forwardSignals(child: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // Under sudo, which gets the terminal's signals itself and passes them on.
      }
    });
  }
}

async function relay(child: ChildProcess, code: Promise<number>): Promise<number> {
  const closed = once(child, 'close').catch(() => undefined);
  if (child.stdin !== null) {
    child.stdin.on('error', () => undefined);
    process.stdin.pipe(child.stdin);
  }
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  try {
    return await code;
  } finally {
    // What the command wrote is in the pipes; a daemon that it left may hold them open for ever.
    for (let turns = 0; turns < 4; turns++) await Promise.race([closed, turn()]);
    process.stdin.unpipe();
    process.stdin.pause();
    for (const stream of child.stdio) stream?.destroy();
  }
}

/** On a terminal of the box's own: no program in there can type into this one (TIOCSTI, TIOCLINUX). */
async function runOnTerminal(
  enter: (argv: readonly string[], ask?: boolean) => readonly string[],
  words: readonly string[],
): Promise<number> {
  const name = `rolecall-terminal-${randomBytes(8).toString('hex')}`;
  const child = start(enter(onTerminal(name, sizeNow(), words)), ['pipe', 'pipe', 'pipe']);
  forwardSignals(child);
  const code = ended(child);
  const follow = oneAtATime(async () => {
    try {
      await ended(start(enter(resize(name, sizeNow()), false), ['ignore', 'ignore', 'ignore']));
    } catch {
      // The machine has ended: so does its command.
    }
  });
  process.stdout.on('resize', follow);
  process.stdin.setRawMode(true);
  try {
    return await relay(child, code);
  } finally {
    process.stdin.setRawMode(false);
    process.stdout.off('resize', follow);
  }
}

/** @returns what runs the task; asked meanwhile, it runs the task once more afterwards, so that the last request is the last done */
function oneAtATime(task: () => Promise<void>): () => void {
  let [running, again] = [false, false];
  const run = async () => {
    running = true;
    do {
      again = false;
      await task();
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

const sizeNow = (): TerminalSize => ({ rows: process.stdout.rows, columns: process.stdout.columns });
