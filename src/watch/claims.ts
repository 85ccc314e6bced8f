/** Markers that channels bring one by one, beside the text of a console: what is proved, and where it belongs. */
import { type Entry, type Facts, withMarker } from './facts.ts';
import { isTrue, type Marker, type Trust } from './markers.ts';

/** A marker that a channel has brought; whether it is true is another question. */
export interface Claim {
  readonly marker: Marker;
  /** When the channel took it, epoch milliseconds, cut to the second. */
  readonly at: number;
  /** When it was first seen, milliseconds by the watcher's monotonic clock. */
  readonly seenAt: number;
}

/** Returns the claims whose markers are true, proved as a console's. */
export const provedOf = <T extends Claim>(claims: readonly T[], trust: Trust): readonly T[] =>
  claims.filter(({ marker }) => isTrue(marker, trust));

/** Claims shown of one machine that nothing proves. */
const MOST_SHOWN = 3;

/** Returns what claims say that nothing proves, as sentences: shown, never counted. @param noun of one claim */
export const unprovedOf = (noun: string, claims: Claims, trust: Trust | undefined): string[] =>
  sayingsOf(claims, trust).map((says) => `a ${noun} that nothing proves says ${says}`);

type Claims = readonly Pick<Claim, 'marker'>[];

/** Returns what claims say that nothing proves, in their own words: `ok init`, `failed init`. */
export function sayingsOf(claims: Claims, trust: Trust | undefined): string[] {
  const others = claims.filter(({ marker }) => trust === undefined || !isTrue(marker, trust));
  const says = others.map(({ marker: { event } }) =>
    event.type === 'verdict' ? `${event.ok ? 'ok' : 'failed'} ${event.step}` : event.type,
  );
  return [...new Set(says)].slice(0, MOST_SHOWN);
}

/** S3 tells the second in which it took an object. */
const SECOND_MS = 999;

/**
 * Puts proved claims among what the console told. A claim's marker belongs to its run. A run that the console doesn't
 * show is later than those that it shows, if the channel took its claim after the console first showed the last of them:
 * the machine prints its verdict before it sends it. Otherwise the console has lost it, and it is earlier. Runs that only
 * claims tell of stand in their channel's order, within one second failed behind ok.
 */
export function withClaims(facts: Facts, claims: readonly Claim[]): Facts {
  if (claims.length === 0) return facts;
  const shown = new Map<string, number>();
  for (const entry of facts.entries)
    if (entry.type === 'marker' && !shown.has(entry.marker.run)) shown.set(entry.marker.run, entry.takenAt);
  const since = [...shown.values()].at(-1) ?? 0;
  const sorted = [...claims].sort((a, b) => a.at - b.at || badness(a) - badness(b));
  const alone = sorted.filter(({ marker }) => !shown.has(marker.run));
  const isLater = ({ at }: Claim) => at + SECOND_MS >= since;
  const entries = [
    ...alone.filter((claim) => !isLater(claim)).map(entryOf),
    ...sorted.filter(({ marker }) => shown.has(marker.run)).reduce(intoRun, facts.entries),
    ...alone.filter(isLater).map(entryOf),
  ];
  return { ...facts, entries };
}

const badness = ({ marker: { event } }: Claim): number => (event.type === 'verdict' && event.ok ? 0 : 1);

const entryOf = ({ marker, at }: Claim): Extract<Entry, { type: 'marker' }> => ({
  type: 'marker',
  marker,
  takenAt: at,
});

/** Behind the last marker of its run that the console shows. */
function intoRun(entries: readonly Entry[], claim: Claim): readonly Entry[] {
  const last = entries.findLastIndex(
    (entry) => entry.type === 'marker' && entry.marker.run === claim.marker.run,
  );
  return [...withMarker(entries.slice(0, last + 1), entryOf(claim)), ...entries.slice(last + 1)];
}
