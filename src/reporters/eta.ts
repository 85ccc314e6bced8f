import type { LaunchView } from '../results/state.ts';
import { count, duration } from '../text.ts';

/**
 * How fast EC2 gives machines once its first 1,000 are gone; the limit itself is that of RunInstances.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export const MACHINES_A_SECOND = 2;

/** A shorter wait is not worth a word. */
const WORTH_TELLING_MS = 5_000;

/** `about 75 min`, `about 40 s`: no more exact than a reckoning is; undefined for a wait of a moment. */
function aboutTime(etaMs: number): string | undefined {
  if (etaMs < WORTH_TELLING_MS) return undefined;
  if (etaMs < 100_000) return `about ${duration(Math.round(etaMs / 10_000) * 10_000)}`;
  const minutes = Math.round(etaMs / 60_000);
  return minutes < 100 ? `about ${minutes} min` : `about ${duration(minutes * 60_000)}`;
}

/** `about 75 min to go (EC2 gives 2 machines a second)`; undefined for a wait of a moment. */
export function timeToGo(etaMs: number): string | undefined {
  const left = aboutTime(etaMs);
  return left === undefined ? undefined : `${left} to go (EC2 gives ${MACHINES_A_SECOND} machines a second)`;
}

/**
 * `asking EC2: 1,000 of 10,000, about 75 min to go (EC2 gives 2 machines a second)`, where EC2's pace is what a launch
 * waits for; else undefined.
 * @param now epoch milliseconds
 */
export function askingLine(view: LaunchView, now: number): string | undefined {
  const left = view.askedBy === undefined ? undefined : timeToGo(view.askedBy - now);
  if (left === undefined || view.machines.size >= view.requested) return undefined;
  const asked = `${count(view.machines.size)} of ${count(view.requested)}`;
  return `asking EC2: ${asked}, ${left}`;
}
