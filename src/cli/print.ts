import { exitCode } from '../errors.ts';
import { write } from '../io/streams.ts';
import { jsonReport } from '../report/json.ts';
import type { Host } from './host.ts';

/** A command's one result, as people and as programs get it. */
interface Result {
  readonly text: () => string;
  readonly document: () => object;
}

/** Prints the result on stdout in the format that was asked for, and ends the command well. */
export async function print(output: string, { terminal }: Host, { text, document }: Result) {
  await write(terminal.stdout, output === 'json' ? jsonReport(document()) : text());
  return exitCode('ok');
}
