import { UsageError } from '../errors.ts';
import { errorReport } from './errors.ts';
import { handOver, say } from './streams.ts';
import { type Terminal, widthFor } from './terminal.ts';

/**
 * Writes the report of a command that has changed something. Losing it changes neither what was done nor the exit code: a
 * line on stderr tells of it.
 * @param again the command that prints the report again, where there is one
 */
export async function writeReport(
  { stdout, stderr, colour }: Terminal,
  text: string,
  again?: string,
): Promise<void> {
  const error = await handOver(stdout, text);
  if (error === undefined) return;
  const lost = new UsageError(`the report could not be written to stdout: ${error.message}`, {
    hint: again ?? 'what the command did is done, and its exit code tells of that',
    cause: error,
  });
  await say(stderr, errorReport(lost, { debug: false, colour: colour.stderr, columns: widthFor(stderr) }));
}
