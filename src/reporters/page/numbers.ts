/** Figures over many machines. */
export interface Spread {
  readonly count: number;
  readonly least: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

/** Returns the spread of some values by the nearest-rank method, so that each figure is a value that occurred. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, least: at(0), p50: at(0.5), p95: at(0.95), most: at(1) };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Distances between the ticks of a time axis, in milliseconds. */
const DISTANCES = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 8, 24, 48, 96].map((hours) => hours * HOUR),
];

/** Returns the ticks of an axis from 0 to `end` milliseconds: at most six, at round times. */
export function ticksOf(end: number): number[] {
  const distance = DISTANCES.find((each) => end / each <= 5) ?? end / 5;
  const ticks: number[] = [];
  for (let tick = 0; tick <= end && ticks.length < 6; tick += distance) ticks.push(tick);
  return ticks;
}
