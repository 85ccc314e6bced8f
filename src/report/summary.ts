import { notLaunched, tally } from './document.ts';
import type { LaunchView } from './state.ts';

/** `1 of 3 succeeded, 1 failed, 1 not launched`: the counts of a launch in words, zeroes left out. */
export function summaryOf(view: LaunchView): string {
  const counts = tally(view);
  const asked = Math.max(view.requested, view.machines.size);
  const missing = view.refused.length > 0 ? notLaunched(view) : 0;
  const others: [number, string][] = [
    [counts.failed, 'failed'],
    [counts.lost, 'lost'],
    [counts.silent, 'silent'],
    [missing, 'not launched'],
  ];
  const said = others.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [`${counts.succeeded} of ${asked} succeeded`, ...said].join(', ');
}
