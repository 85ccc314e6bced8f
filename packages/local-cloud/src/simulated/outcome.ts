import { chance } from '../chance.ts';
import type { Target } from '../struck.ts';
import type { BoxEnd, BoxPlan } from './plan.ts';

/** How the boot of a machine ends. Shares of several outcomes count together: 0.1 and 0.2 are 30 of 100 machines. */
export function outcomeOf(plan: BoxPlan, seed: number | undefined, target: Target): BoxEnd {
  const roll = chance(seed, 'outcome', target.ordinal);
  let taken = 0;
  for (const outcome of plan.outcomes ?? []) {
    const { launchIndexes, share } = outcome;
    if (!(launchIndexes?.includes(target.launchIndex) ?? true)) continue;
    taken += share ?? 1;
    if (share === undefined || roll < taken) return outcome;
  }
  return { kind: 'ok' };
}
