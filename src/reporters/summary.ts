import { notLaunched, type Tally, tally } from '../results/document.ts';
import type { LaunchView } from '../results/state.ts';
import { slowBoots } from './budget.ts';
import { fleetSummary } from './fleet.ts';

/** `1 of 3 succeeded, 1 failed, 1 not launched`: the counts of a launch in words, zeroes left out. */
export function summaryOf(view: LaunchView): string {
  const missing = view.refused.length > 0 ? notLaunched(view) : 0;
  const asked = Math.max(view.requested, view.machines.size);
  const fleet = view.fleet === undefined ? undefined : fleetSummary(view, view.fleet);
  return summaryWords({ ...tally(view), asked, missing, slow: slowBoots(view).length }, fleet);
}

/** How many machines of a launch ended how; `missing` were asked for and refused. */
interface Counts extends Tally {
  readonly asked: number;
  readonly missing: number;
  /** Machines that succeeded and took longer than their boot budget. */
  readonly slow: number;
}

/** Returns the counts in words, zeroes left out; `fleet` tells the good ones of a fleet. */
export function summaryWords(
  { asked, succeeded, failed, lost, silent, missing, slow }: Counts,
  fleet: string | undefined,
): string {
  const others: [number, string][] = [
    [failed, 'failed'],
    [lost, 'lost'],
    [silent, 'silent'],
    [missing, 'not launched'],
    [slow, 'over boot_budget'],
  ];
  const told = others.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [fleet ?? `${succeeded} of ${asked} succeeded`, ...told].join(', ');
}
