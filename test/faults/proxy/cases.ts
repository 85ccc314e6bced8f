import { type Settings, sampleOf } from '../part.ts';
import { Random } from '../random.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FAULTS, type Fault } from './fault.ts';
import type { Plan } from './proxy.ts';

/** Cases of a whole campaign. */
const WHOLE = 680;
/** An archive in parts takes two seconds of a core each time. */
const MOST_IN_PARTS = 50;
const SKEWS_MS = [3_600_000, -3_600_000];

/** What goes wrong: requests that meet a fault, or a clock that is off for all of them. */
export type Trouble = Plan | { readonly skewMs: number };

/** A command that meets trouble. */
export interface Case {
  readonly scenario: Scenario;
  /** Unique in the campaign, and good as a catalogue's name. */
  readonly name: string;
  readonly trouble: Trouble;
}

/** A scenario, and how often it uses each operation when nothing goes wrong. */
export interface Reference {
  readonly scenario: Scenario;
  readonly used: ReadonlyMap<string, number>;
}

type Draft = Omit<Case, 'name'>;

/** The cases: every operation meets every fault at least once, the rest is drawn. */
export function planned(references: readonly Reference[], settings: Settings): readonly Case[] {
  const random = new Random(settings.seed, 'proxy');
  const all = random.shuffled(references.flatMap((reference) => draftsOf(reference, settings, random)));
  return withoutMany(firstOfEach(all))
    .filter(({ scenario, trouble }) => titleOf(scenario, trouble).includes(settings.only))
    .slice(0, sampleOf(WHOLE, settings))
    .map((draft, index) => ({ ...draft, name: `faults-${index}` }));
}

function draftsOf({ scenario, used }: Reference, { seed }: Settings, random: Random): Draft[] {
  const plans = [...used].flatMap(([operation, count]) =>
    FAULTS.filter((fault) => applies(fault, operation)).map((fault): Plan => {
      const from = 1 + random.below(count);
      // A stall ends after half a minute, so one that lasts takes minutes.
      const lasting = fault.name.startsWith('stalled') && random.chance(0.7) ? 1 : Number.POSITIVE_INFINITY;
      const times = random.pick([1, 1, 2, lasting]);
      return { operation, from, times, fault, seed: `${seed} ${scenario.name} ${operation} ${fault.name}` };
    }),
  );
  return [...plans, ...SKEWS_MS.map((skewMs) => ({ skewMs }))].map((trouble) => ({ scenario, trouble }));
}

const applies = ({ ofBody = false }: Fault, operation: string): boolean =>
  !(ofBody && operation.startsWith('Head'));

/** Puts the first case of each pair of operation and fault in front. */
function firstOfEach(drafts: readonly Draft[]): Draft[] {
  const first = new Map<string, Draft>();
  for (const draft of drafts) {
    const { trouble } = draft;
    const key =
      'operation' in trouble ? `${trouble.operation} ${trouble.fault.name}` : `skew ${trouble.skewMs}`;
    if (!first.has(key)) first.set(key, draft);
  }
  const chosen = new Set(first.values());
  return [...chosen, ...drafts.filter((draft) => !chosen.has(draft))];
}

function withoutMany(drafts: readonly Draft[]): Draft[] {
  let inParts = 0;
  return drafts.filter(({ scenario }) => {
    if (scenario.name === 'publish in parts') inParts += 1;
    return scenario.name !== 'publish in parts' || inParts <= MOST_IN_PARTS;
  });
}

/** A case in words. */
export const titleOf = ({ name }: Scenario, trouble: Trouble): string =>
  'operation' in trouble
    ? `${name}: ${trouble.operation} no. ${trouble.from}, ${trouble.times} times: ${trouble.fault.name}`
    : `${name}: clock ${trouble.skewMs / 60_000} min ahead`;
