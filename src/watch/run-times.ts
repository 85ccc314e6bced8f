/** When what happened in one run, by the clock of its machine. */
import { CLOCK_TOLERANCE_MS } from '../clock.ts';
import type { Facts } from './facts.ts';
import type { Marker } from './markers.ts';
import { type Scene, stepsOf } from './scene.ts';
import type { RunTimes, TimedStep, Verdict } from './verdict.ts';

/** The steps of a verdict's run, and its times where a marker tells them. */
export function stepsAndTimes(facts: Facts, { run }: Pick<Scene, 'run'>): Pick<Verdict, 'steps' | 'times'> {
  const times = runTimesOf(facts, run);
  return { steps: stepsOf(run), ...(times && { times }) };
}

/**
 * Returns the times of a run.
 * @param run markers of the run, in the order of SEQ
 * @returns undefined where no marker tells a time; nothing but an empty list of steps where the machine's clock is ahead of EC2's
 */
function runTimesOf({ entries, bootedAt }: Facts, run: readonly Marker[]): RunTimes | undefined {
  const [first] = run;
  if (first === undefined) return undefined;
  const ahead = entries.some(
    (entry) =>
      entry.type === 'marker' &&
      entry.marker.run === first.run &&
      entry.takenAt > 0 &&
      entry.marker.epoch * 1000 > entry.takenAt + CLOCK_TOLERANCE_MS,
  );
  if (ahead) return { steps: [] };
  const beginAt = beginOf(run);
  const verdict = run.find(({ event }) => event.type === 'verdict');
  const from = beginAt ?? atOf(first);
  const kernelAt = Math.max(...bootedAt.filter((at) => at <= from));
  return {
    ...(Number.isFinite(kernelAt) && { kernelAt: Math.round(kernelAt) }),
    ...(beginAt !== undefined && { beginAt }),
    steps: run.flatMap(timedStep),
    ...(verdict !== undefined && { verdictAt: atOf(verdict) }),
  };
}

const atOf = ({ epoch }: Marker): number => Math.round(epoch * 1000);

/** Where the begin marker is lost, a verdict tells how long its run took. */
function beginOf(run: readonly Marker[]): number | undefined {
  const begin = run.find(({ event }) => event.type === 'begin');
  if (begin !== undefined) return atOf(begin);
  const verdict = run.find(({ event }) => event.type === 'verdict');
  return verdict?.event.type === 'verdict' ? atOf(verdict) - verdict.event.ms : undefined;
}

function timedStep(marker: Marker): TimedStep[] {
  const { event } = marker;
  if (event.type !== 'end') return [];
  const { step: name, status, ms } = event;
  return [{ name, status, ms, startAt: atOf(marker) - ms }];
}
