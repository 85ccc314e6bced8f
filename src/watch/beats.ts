/** Signs of life of a step: the marker `alive STEP` and the line `rolecall[STEP]~ text` behind it (docs/markers.md). */
import type { Marker } from './markers.ts';

/** One sign of life. Its marker is proved; its text is for people and judged by nobody. */
export interface Beat {
  readonly run: string;
  /** The marker's number in its run. */
  readonly seq: number;
  readonly step: string;
  /** When the box gave the sign, by its own clock, epoch milliseconds. */
  readonly boxTime: number;
  /** How long the step had run then, milliseconds. */
  readonly ms: number;
  /** The last line that the step's script had printed; empty where there was none. */
  readonly text: string;
}

/**
 * Reads a line `rolecall[STEP]~ text`.
 * @param markers all true markers before the line, in the order of the console
 * @returns undefined where the marker before it is no sign of life of this step: a script may print anything
 */
export function readBeat(markers: readonly Marker[], step: string, text: string): Beat | undefined {
  const marker = markers.at(-1);
  if (marker?.event.type !== 'alive' || marker.event.step !== step) return undefined;
  const { run, seq } = marker;
  const boxTime = marker.epoch * 1000;
  const began = beginOf(markers, run, step) ?? boxTime;
  return { run, seq, step, boxTime, ms: Math.max(0, Math.round(boxTime - began)), text };
}

/** When a run began a step, by the box's clock, epoch milliseconds; undefined where the console has lost it. */
export function beginOf(markers: readonly Marker[], run: string, step: string): number | undefined {
  const start = markers.findLast(
    ({ event, run: other }) => other === run && event.type === 'start' && event.step === step,
  );
  return start && start.epoch * 1000;
}

/** Whether two lines tell of the same sign: a box prints to several devices. */
export const isSameBeat = (one: Beat, other: Beat): boolean => one.run === other.run && one.seq === other.seq;

/**
 * The last line that a step has printed, and the first sign that shows it, by the box's clock; undefined where no sign came.
 */
export function lastLine(
  beats: readonly Beat[],
  run: string,
  step: string,
): { readonly text: string; readonly since: number } | undefined {
  const own = beats.filter((beat) => beat.run === run && beat.step === step);
  const text = own.at(-1)?.text;
  if (text === undefined) return undefined;
  const other = own.findLastIndex((beat) => beat.text !== text);
  return { text, since: own[other + 1]?.boxTime ?? 0 };
}
