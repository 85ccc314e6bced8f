import { type LaunchMeta, overBudget } from '../results/document.ts';
import type { MachineRow } from '../results/row.ts';
import type { LaunchView } from '../results/state.ts';
import { budgetTime, counted } from '../text.ts';

/** Machines that succeeded and took longer than the boot budget: a warning. With `--strict-budget` there are none. */
export const slowBoots = (view: LaunchView): MachineRow[] =>
  overBudget(view).filter(({ verdict }) => verdict?.outcome === 'succeeded');

/**
 * One sentence about the machines that were too slow: `3 of 40 machines over the boot_budget of 60 s: the slowest, i-0abc, took
 * 74 s`; undefined where none was.
 */
export function budgetSentence(
  view: LaunchView,
  { boot_budget_ms: budgetMs }: LaunchMeta,
): string | undefined {
  const times = slowBoots(view).flatMap(({ machine, verdict }) =>
    verdict?.outcome === 'succeeded' && verdict.bootMs !== undefined
      ? [{ id: machine.instanceId, ms: verdict.bootMs }]
      : [],
  );
  const [slowest] = times.sort((a, b) => b.ms - a.ms);
  if (slowest === undefined) return undefined;
  const budget = budgetMs === undefined ? 'the boot_budget' : `the boot_budget of ${budgetTime(budgetMs)}`;
  const who = `${times.length} of ${counted(view.machines.size, 'machine')} over ${budget}`;
  const which = times.length === 1 ? slowest.id : `the slowest, ${slowest.id},`;
  return `${who}: ${which} took ${budgetTime(slowest.ms)}`;
}
