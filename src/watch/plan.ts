import { UsageError } from '../errors.ts';
import { type LinearPattern, linearPattern, patternProblem } from '../yaml/pattern.ts';
import type { WatchOptions } from './options.ts';
import type { Limits } from './tracked.ts';

type Settled = 'visibleMs' | 'tickMs' | 'unreachableMs' | 'everyStep';

/** The options of a watch, with defaults filled in and patterns compiled. */
export interface Plan
  extends Omit<WatchOptions, Settled | 'patterns' | 'signal' | 'timeoutMs' | 'neverRunningMs'>,
    Required<Pick<WatchOptions, Settled>> {
  readonly limits: Limits;
  readonly success: LinearPattern | undefined;
  readonly failure: LinearPattern | undefined;
}

/** @throws UsageError where a pattern is no regular expression */
export function planOf(options: WatchOptions): Plan {
  const { patterns = {}, timeoutMs, neverRunningMs = 300_000 } = options;
  return {
    ...options,
    everyStep: options.everyStep ?? false,
    limits: { timeoutMs, neverRunningMs },
    visibleMs: options.visibleMs ?? 30_000,
    tickMs: options.tickMs ?? 500,
    unreachableMs: options.unreachableMs ?? 120_000,
    success: compiled('success', patterns.success),
    failure: compiled('failure', patterns.failure),
  };
}

function compiled(name: 'success' | 'failure', source: string | undefined): LinearPattern | undefined {
  if (source === undefined) return undefined;
  // As the catalogue checks it.
  const problem = patternProblem(source);
  if (problem === undefined) return linearPattern(source);
  throw new UsageError(`The ${name} pattern ${problem}`, {
    hint: `Correct \`${name}\` in the catalogue; it is a regular expression in RE2's syntax, matched against each console line.`,
  });
}
