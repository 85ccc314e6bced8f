import { type ExitCode, exitCode } from '../errors.ts';
import { jsonReport } from '../reporters/json.ts';
import { writeReport } from '../terminal/report.ts';
import { write } from '../terminal/streams.ts';
import type { Host } from './context.ts';

/** A command's one result, as people and as programs get it. */
interface Result {
  readonly text: () => string;
  readonly document: () => object;
}

/**
 * Prints the result on stdout in the format that was asked for, and ends the command well.
 * @throws UsageError where stdout can't be written: the output is all that the command does
 */
export async function print(output: string, { terminal }: Host, result: Result): Promise<ExitCode> {
  await write(terminal.stdout, formatted(output, result));
  return exitCode('ok');
}

/** The same for a command that has changed something: its exit code tells of that, whether the result can be read or not. */
export async function printOutcome(output: string, { terminal }: Host, result: Result): Promise<ExitCode> {
  await writeReport(terminal, formatted(output, result));
  return exitCode('ok');
}

const formatted = (output: string, { text, document }: Result): string =>
  output === 'json' ? jsonReport(document()) : text();
