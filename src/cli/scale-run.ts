import { type ExitCode, exitCode, UsageError } from '../errors.ts';
import { confirm } from '../io/prompts.ts';
import { scaleFleet } from '../launch/fleet/scale.ts';
import { openCatalogue } from './catalogue.ts';
import { fleetDraft, fleetRole } from './fleet-draft.ts';
import { changeFleet, inFleetPlace } from './fleet-run.ts';
import type { Host } from './host.ts';
import { pinsOf } from './launch-draft.ts';
import { type RolloutWords, rulesOf } from './rollout-words.ts';

export interface ScaleWords extends RolloutWords {
  readonly to: number;
}

/** More than this at once waits for EC2's own pace, and is asked about. */
const MANY = 1_000;
const MOST = 100_000;

/** Brings a fleet to a size. */
export async function runScale(words: ScaleWords, host: Host): Promise<ExitCode> {
  const rules = rulesOf(words);
  checkSize(words.to);
  const catalogue = await openCatalogue(words, host);
  const role = await fleetRole(words, catalogue, host);
  if (words.to > MANY && !words['dry-run'] && !(await agreedToMany(words, host))) return exitCode('ok');
  const target = { verb: 'scale', count: words.to, target: String(words.to) };
  const draft = await fleetDraft(words, role, target, catalogue, host);
  return await inFleetPlace(words, role, catalogue, host, async (place) => {
    // None needs neither a build nor a bundle.
    const pins =
      words.to === 0 && !words['dry-run']
        ? {}
        : await pinsOf(draft, words.build, place.cloud, catalogue, place.records, host);
    if (words['dry-run']) {
      const { showScale } = await import('./scale-dry-run.ts');
      return await showScale(words, { draft, pins, rules }, place, host);
    }
    return await changeFleet({ verb: 'scale', draft, pins, rules, run: scaleFleet }, words, place, host);
  });
}

function checkSize(to: number): void {
  if (Number.isInteger(to) && to >= 0 && to <= MOST) return;
  throw new UsageError(`--to must be a whole number from 0 to ${MOST.toLocaleString('en')}`, {
    hint: '--to 0 ends the fleet',
  });
}

async function agreedToMany({ to, yes }: ScaleWords, { terminal }: Host): Promise<boolean> {
  if (yes) return true;
  const text = `${to.toLocaleString('en')} machines`;
  if (terminal.interactive) return await confirm(terminal, `Bring the fleet to ${text}?`, false);
  throw new UsageError(`${text} are many, and there is no terminal to ask`, {
    hint: `--yes brings the fleet to more than ${MANY.toLocaleString('en')} machines without asking`,
  });
}
