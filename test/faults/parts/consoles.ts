import { factsOf, READING, verdictOf } from '../../watch/boxes.ts';
import { makeHistory } from '../consoles/history.ts';
import { damaged, joined, snapshotsOf } from '../consoles/reading.ts';
import { type Findings, type Settings, sampleOf } from '../part.ts';
import { Random } from '../random.ts';

/** Consoles of a whole campaign. */
const WHOLE = 24_000;
/** What EC2 keeps; and so little that much is never seen. */
const EC2_RING = 65_536;
const SMALL_RING = 3_000;

type Kind = 'whole' | 'forged' | 'damaged';

interface Judged {
  readonly kind: Kind;
  readonly isSuccess: boolean;
  readonly violation?: string;
}

/** Forged and damaged consoles, read in pieces by the real reader: none may be taken for a success that was none. */
export async function consoleCampaign(settings: Settings): Promise<Findings> {
  const started = performance.now();
  const judged: Judged[] = [];
  for (let index = 0; judged.length < sampleOf(WHOLE, settings) && index < 4 * WHOLE; index += 1) {
    const found = tried(new Random(settings.seed, 'consoles', index), `console ${index}`);
    if (found !== undefined) judged.push(found);
  }
  const count = (kind: Kind) => judged.filter((one) => one.kind === kind).length;
  return {
    part: 'consoles',
    tried: judged.length,
    figures: [
      `${count('whole')} whole, ${count('forged')} with forged markers, ${count('damaged')} damaged`,
      `${judged.filter(({ isSuccess }) => isSuccess).length} true successes`,
      `${judged.filter(({ violation }) => violation?.includes('false success')).length} false successes`,
    ],
    violations: judged.flatMap(({ violation }) => violation ?? []),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Undefined where the damage has left nothing that tells of the last boot: then nobody can know. */
function tried(random: Random, title: string): Judged | undefined {
  const kind = random.pick<Kind>(['whole', 'forged', 'damaged', 'damaged']);
  const history = makeHistory(random, { lies: kind !== 'whole' });
  const whole = joined(history.lines, random, false);
  const text = kind === 'damaged' ? damaged(whole, random) : whole;
  // What stood on the console earlier may be printed again: in a small ring nobody could tell it from news.
  const ring = kind === 'whole' && random.chance(0.5) ? SMALL_RING : EC2_RING;
  const snapshots = snapshotsOf(text, ring, random);
  const { outcome } = verdictOf(factsOf(snapshots, READING, ring));
  const isSuccess = history.last === 'ok';
  if (!isSuccess && !history.evidence(snapshots.at(-1) ?? '')) return undefined;
  const wrong = wrongWith(outcome, isSuccess, kind);
  if (wrong === undefined) return { kind, isSuccess };
  return {
    kind,
    isSuccess,
    violation: `${title} (${kind}): ${wrong}: the last boot was ${history.last}\n${text}`,
  };
}

function wrongWith(outcome: string, isSuccess: boolean, kind: Kind): string | undefined {
  if (outcome === 'succeeded' && !isSuccess) return 'a false success';
  if (kind !== 'damaged' && isSuccess && outcome !== 'succeeded') return `a success was told as ${outcome}`;
  return undefined;
}
