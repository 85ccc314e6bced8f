import { notLaunched, tally } from './document.ts';
import { fleetSummary } from './fleet.ts';
import type { LaunchView } from './state.ts';

/** `1 of 3 succeeded, 1 failed, 1 not launched`: the counts of a launch in words, zeroes left out. */
export function summaryOf(view: LaunchView): string {
  const { good, others } = countsOf(view);
  if (view.fleet !== undefined) return [fleetSummary(view, view.fleet), ...others].join(', ');
  const asked = Math.max(view.requested, view.machines.size);
  return [`${good} of ${asked} succeeded`, ...others].join(', ');
}

function countsOf(view: LaunchView): { readonly good: number; readonly others: readonly string[] } {
  const counts = tally(view);
  const missing = view.refused.length > 0 ? notLaunched(view) : 0;
  const others: [number, string][] = [
    [counts.failed, 'failed'],
    [counts.lost, 'lost'],
    [counts.silent, 'silent'],
    [missing, 'not launched'],
  ];
  const said = others.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return { good: counts.succeeded, others: said };
}
