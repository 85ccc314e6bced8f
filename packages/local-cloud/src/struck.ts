import { chance } from './chance.ts';

/** Which machines a fault strikes: all, or those that both keys leave. */
export interface Struck {
  /** AmiLaunchIndex numbers of each RunInstances call. */
  readonly launchIndexes?: readonly number[];
  /** A share of all machines, 0 to 1: which ones follows from `seed`. */
  readonly share?: number;
}

/** What decides whether a fault strikes a machine. */
export interface Target {
  /** Its AmiLaunchIndex. */
  readonly launchIndex: number;
  /** How many machines the cloud had launched before it. */
  readonly ordinal: number;
}

/** Whether a fault strikes a machine. @param name of the fault, which its chance depends on */
export function isStruck(
  fault: Struck | undefined,
  seed: number | undefined,
  name: string,
  { launchIndex, ordinal }: Target,
): boolean {
  if (fault === undefined || !(fault.launchIndexes?.includes(launchIndex) ?? true)) return false;
  return fault.share === undefined || chance(seed, name, ordinal) < fault.share;
}
