import type { MachineDocument } from '../../src/results/document.ts';
import type { Truth } from './truth.ts';

export type Told = NonNullable<MachineDocument['failure']>;

/** What came of a script's run: the failure as JSON tells it, or why there is none. */
export type Came =
  | { readonly truth: Truth; readonly failure: Told; readonly trouble?: undefined }
  | { readonly truth: Truth; readonly trouble: string; readonly failure?: undefined };

/** What is wrong with the reason told, in words; empty where it is right. */
export function wrongWith({ truth, failure, trouble }: Came): string[] {
  if (failure === undefined) return [trouble];
  const wrong: string[] = [];
  const differs = (what: string, expected: unknown, came: unknown) =>
    wrong.push(`${what}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(came ?? null)}`);
  if (!isTold(truth, failure)) differs('error', truth.cause, failure.error);
  if (failure.status !== truth.status) differs('status', truth.status, failure.status);
  if (truth.command !== undefined && !holds(failure.command, truth.command))
    differs('command', truth.command, failure.command);
  const { location } = failure;
  if (truth.line !== undefined && location?.line !== truth.line) differs('line', truth.line, location?.line);
  if (truth.file !== undefined && location?.file !== truth.file) differs('file', truth.file, location?.file);
  if (truth.function !== undefined && location?.function !== truth.function)
    differs('function', truth.function, location?.function);
  if (truth.signal !== undefined && failure.signal !== truth.signal)
    differs('signal', truth.signal, failure.signal);
  return wrong;
}

/** Where no line tells the cause, the failure names none: at most its command or its signal. */
function isTold({ cause, accept, command, signal }: Truth, { error }: Told): boolean {
  if (cause !== null) return [cause, ...accept].some((text) => holds(error, text));
  return (
    error === null || [command, signal, ...accept].some((text) => text !== undefined && holds(error, text))
  );
}

const holds = (text: string | null | undefined, part: string): boolean => text?.includes(part) ?? false;
