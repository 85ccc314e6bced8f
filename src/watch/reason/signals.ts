/** Signals that ended a process, by the shells' words for them. */
import type { Told } from './told.ts';

/** bash and dash print these words; the signal's number makes the status 128 more. */
const WORDS: readonly (readonly [RegExp, string, number])[] = [
  [/(?:^|\s)Killed(?:\s|$)/, 'KILL', 9],
  [/(?:^|\s)Segmentation fault(?:\s|$)/, 'SEGV', 11],
  [/(?:^|\s)Aborted(?:\s|$)/, 'ABRT', 6],
  [/(?:^|\s)Bus error(?:\s|$)/, 'BUS', 7],
  [/(?:^|\s)Illegal instruction(?:\s|$)/, 'ILL', 4],
  [/(?:^|\s)Floating point exception(?:\s|$)/, 'FPE', 8],
  [/(?:^|\s)Terminated(?:\s|$)/, 'TERM', 15],
  [/(?:^|\s)Hangup(?:\s|$)/, 'HUP', 1],
  [/(?:^|\s)Trace\/breakpoint trap(?:\s|$)/, 'TRAP', 5],
  [/\bFile size limit exceeded(?:\s|$)/, 'XFSZ', 25],
  [/\bCPU time limit exceeded(?:\s|$)/, 'XCPU', 24],
];

/**
 * The signal, without `SIG`, that the last lines speak of.
 * @param status the script's exit status, which must be the signal's; undefined where any will do
 */
export function signalIn(lines: readonly string[], status: number | undefined): string | undefined {
  const last = lines.slice(-5);
  const found = WORDS.find(
    ([words, , number]) =>
      (status === undefined || status === 128 + number) && last.some((line) => words.test(line)),
  );
  return found?.[1];
}

/** `its child was killed by SIGKILL` */
export function endedBy(signal: string, { how, command }: Told): string {
  if (how === 'signal') return `the script was killed by SIG${signal}`;
  const name = command === undefined || command.length > 120 ? 'its child' : command;
  return `${name} was killed by SIG${signal}`;
}
