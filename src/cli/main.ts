import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from '../api/use-cases.ts';
import { acceleratedClock, ChangeableClock, type Pace, systemClock } from '../clock.ts';
import { exitCodeOfError } from '../errno.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { packageRoot } from '../files/package-root.ts';
import { jsonLine } from '../reporters/json.ts';
import { errorDocument, errorReport } from '../terminal/errors.ts';
import { handOver, outliveErrors, say, write } from '../terminal/streams.ts';
import { outliveHangup, terminal, widthFor } from '../terminal/terminal.ts';
import { waiting } from '../terminal/waiting.ts';
import { errorAnnotation, isGitHub } from '../terminal/workflow.ts';
import type { Host, World } from './context.ts';
import { parseArguments } from './parser.ts';
import { type Asked, askedOf, findCommand, usageText } from './registry.ts';

/**
 * Runs one command line to its exit code. Never throws: every failure becomes a message on stderr and a code.
 * @param argv arguments without node and script
 */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  const host = hostIn(world);
  outliveErrors(host.terminal);
  try {
    return await dispatch(argv, host);
  } catch (error) {
    const { colour, stdout, stderr } = host.terminal;
    const style = { debug: argv.includes('--debug'), colour: colour.stderr, columns: widthFor(stderr) };
    await say(stderr, errorReport(error, style));
    if (isGitHub(host.env))
      await say(stderr, errorAnnotation('rolecall', errorDocument(error).error.message));
    // Whether the document arrives or not, the code tells of the error.
    if (asksForJson(argv)) await handOver(stdout, jsonLine(errorDocument(error)));
    return exitCodeOfError(error);
  }
}

/** The process's entry: wires the real terminal, clock and signals, and sets the exit code. */
export async function start(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // The first signal asks the command to end well; the second one doesn't ask.
    process.on(name, () => {
      if (interrupt.signal.aborted) process.exit(exitCode('interrupted'));
      interrupt.abort();
    });
  }
  outliveHangup();
  const clock = new ChangeableClock(systemClock);
  const world = {
    terminal: terminal(process, process.env),
    clock,
    goBy: (pace: Pace) => clock.goBy(acceleratedClock(pace)),
    env: process.env,
    signal: interrupt.signal,
  };
  // Read where it is needed: the folder may be gone, and most commands of help need none.
  const cwd = { get: process.cwd, enumerable: true };
  process.exitCode = await main(
    argv,
    Object.defineProperty(world as Omit<World, 'cwd'> as World, 'cwd', cwd),
  );
}

/** The host of a command, whose user sits at the terminal. Properties that are read late, as `cwd` is, stay so. */
const hostIn = (world: World): Host =>
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

/** A program that asked for a document gets one also when its command fails, whatever the command. */
const asksForJson = (argv: readonly string[]): boolean =>
  argv.some(
    (word, index) =>
      /^--output=(nd)?json$/.test(word) || (argv[index - 1] === '--output' && /^(nd)?json$/.test(word)),
  );

async function dispatch(argv: readonly string[], host: Host): Promise<ExitCode> {
  const { stdout } = host.terminal;
  const called = findCommand(argv);
  if (called === undefined) return answer(askedOf(argv), host);
  if (called.rest.length === 1 && called.rest[0] === '--version') return answer({ kind: 'version' }, host);
  const command = await called.entry.load();
  const parsed = await parseArguments(called.entry, command, called.rest, stdout.columns ?? 80);
  if (parsed.kind === 'run') return command.run(parsed.values, host);
  await write(stdout, parsed.text);
  return exitCode('ok');
}

async function answer(asked: Asked, host: Host): Promise<ExitCode> {
  if (asked.kind === 'help') return await dispatch(asked.argv, host);
  const text = asked.kind === 'version' ? `${version()}\n` : usageText(asked.group);
  await write(host.terminal.stdout, text);
  return exitCode('ok');
}

function version(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}
