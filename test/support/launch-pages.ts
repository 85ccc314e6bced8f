import { AwsError } from '../../src/errors.ts';
import { type LaunchMeta, launchDocument } from '../../src/results/document.ts';
import type { ReportedEvent } from '../../src/results/events.ts';
import type { PageData } from '../../src/results/page-data.ts';
import { advance, emptyView } from '../../src/results/state.ts';
import { type Fate, LAUNCHED, madeBoot } from './made-boots.ts';

/** What a made launch looks like. */
export interface Made {
  readonly machines: number;
  /** Requested and refused by EC2, beside `machines`. */
  readonly missing?: number;
  /** Returns how a machine fares; by default it succeeds. */
  readonly fate?: (index: number) => Fate;
  /** Milliseconds. */
  readonly budget?: number;
  /** A boot over the budget has failed. */
  readonly strict?: boolean;
  /** Every time is multiplied by it. */
  readonly slowness?: number;
  readonly seed?: number;
  readonly id?: string;
}

/** Forty machines: 33 succeed, the others fall into three clusters. */
export const FORTY: Made = {
  machines: 40,
  budget: 75_000,
  fate: (index) => {
    if ([5, 11, 23, 31].includes(index)) return 'repository';
    if ([8, 27].includes(index)) return 'disk';
    if (index === 17) return 'stuck';
    return index === 36 ? 'rebooted' : 'succeeded';
  },
};

/** A thousand machines with a few silent, and one batch's failures. */
export const THOUSAND: Made = {
  machines: 1_000,
  budget: 100_000,
  fate: (index) => {
    if (index % 211 === 7) return 'stuck';
    if (index % 333 === 12) return 'pending';
    if (index % 499 === 30) return 'lost';
    if (index >= 640 && index < 652) return 'repository';
    return index % 97 === 3 ? 'disk' : 'succeeded';
  },
};

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Returns what a page shows of a launch whose machines boot as real ones do, by their fates. */
export function pageOf(made: Made): PageData {
  const { document, timelines } = launchOf(made);
  return {
    version: 1,
    generated: new Date(LAUNCHED + 15 * 60_000).toISOString(),
    document,
    timelines,
    ...(made.budget !== undefined && { boot_budget_ms: made.budget }),
  };
}

/** The same beside an earlier launch. */
export function pageAgainst(made: Made, earlier: Made): PageData {
  const before = pageOf({ id: 'l-20261114-090000-7f3e', seed: 11, ...earlier });
  const { document, timelines } = before;
  const generated = '2026-11-14T09:12:31.000Z';
  return { ...pageOf(made), against: { launch: document.launch, generated, document, timelines } };
}

function launchOf(made: Made): Pick<PageData, 'document' | 'timelines'> {
  const {
    machines,
    missing = 0,
    fate = () => 'succeeded',
    id = 'l-20261121-220000-ab12',
    slowness = 1,
  } = made;
  const random = chance(made.seed ?? 1);
  const vary = (usual: number) =>
    Math.round(usual * slowness * (0.75 + 0.5 * random() + (random() > 0.96 ? 1.2 : 0)));
  const { budget: ms, strict = false } = made;
  const budget = ms === undefined ? undefined : { ms, strict };
  const boots = Array.from({ length: machines }, (_, index) => madeBoot(index, fate(index), vary, budget));
  const events: ReportedEvent[] = boots.map(({ verdict, machine }, index) => ({
    type: 'verdict',
    at: LAUNCHED + 120_000 + index,
    machine,
    verdict,
  }));
  if (missing > 0)
    events.push({ type: 'batch-refused', at: LAUNCHED, batch: 1, missing, error: NO_CAPACITY });
  const view = events.reduce(advance, emptyView(machines + missing));
  return {
    document: launchDocument(view, { ...LAUNCH, id, ...(ms !== undefined && { boot_budget_ms: ms }) }),
    timelines: boots.map(({ timeline }) => timeline),
  };
}

const NO_CAPACITY = new AwsError('eu-west-1a has no capacity for m7i.large now', {
  code: 'InsufficientInstanceCapacity',
});

const LAUNCH: LaunchMeta = {
  id: '',
  catalogue: 'demo',
  role: 'web',
  environment: 'prod',
  context: 'a',
  catalogue_sha256: '6e1c'.repeat(16),
  region: 'eu-west-1',
  ami: 'ami-0123456789abcdef0',
  build: {
    tag: 'v1.4.2',
    app: 'shop',
    commit: '0123456789abcdef0123456789abcdef01234567',
    sha256: '9b1f'.repeat(16),
    created: '2026-11-20T09:00:00.000Z',
  },
};
