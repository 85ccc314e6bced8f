/** A duration: seconds, minutes or hours, from `1s` to `99h`. */
export const DURATION = '^([1-9][0-9]{0,4}s|[1-9][0-9]{0,3}m|[1-9][0-9]?h)$';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** A duration's milliseconds; the text has been checked against DURATION. */
export const durationMs = (text: string): number =>
  Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? 0);
