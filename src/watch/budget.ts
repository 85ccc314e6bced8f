import { budgetTime } from '../text.ts';
import type { Verdict } from './verdict.ts';

/** How long a boot may take, from EC2's launch time to its verdict. */
export interface BootBudget {
  readonly ms: number;
  /** A boot that takes longer has failed; else a note says so. */
  readonly strict: boolean;
}

/** The step of a failure that is nothing but a boot over its budget. */
export const BUDGET_STEP = 'boot_budget';

/** Holds a success against the budget: over it, the verdict says so, and with `strict` the machine has failed. */
export function heldToBudget(verdict: Verdict, budget: BootBudget | undefined): Verdict {
  if (budget === undefined || verdict.outcome !== 'succeeded') return verdict;
  const { bootMs, times, notes = [] } = verdict;
  if (bootMs === undefined || bootMs <= budget.ms) return verdict;
  // The machine's clock is ahead of EC2's: its boot may have been quick.
  if (times !== undefined && times.verdictAt === undefined) return verdict;
  if (!budget.strict)
    return {
      ...verdict,
      overBudget: true,
      notes: [
        ...notes,
        `over the boot_budget of ${budgetTime(budget.ms)} by ${budgetTime(bootMs - budget.ms)}`,
      ],
    };
  const reason = `booted in ${budgetTime(bootMs)}; boot_budget is ${budgetTime(budget.ms)}`;
  const failure = { step: BUDGET_STEP, status: 1, excerpt: [], reason };
  return { ...verdict, outcome: 'failed', bootMs, overBudget: true, failure };
}

/**
 * Returns the budget for machines of an earlier command. By patterns a boot takes until somebody sees its line, so that a late look
 * tells nothing of its length.
 */
export const budgetOfEarlier = (
  { success }: { readonly success?: string },
  budget: BootBudget | undefined,
): BootBudget | undefined => (success === undefined ? budget : undefined);
