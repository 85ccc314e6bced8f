import { pinsOf } from '../../actions/artifacts/artifacts.ts';
import { openCatalogue } from '../../actions/catalogue.ts';
import { changeFleet } from '../../actions/fleet.ts';
import { fleetDraft, fleetRole } from '../../actions/fleet-draft.ts';
import { checkRollout, type RolloutWords, rulesOf } from '../../actions/rollout.ts';
import { inSession, launchPlace } from '../../actions/session.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { scaleFleet } from '../../fleet/scale.ts';
import { wholeNumber } from '../../text.ts';
import type { Host } from '../context.ts';
import { confirm } from '../prompts/prompts.ts';

export interface ScaleWords extends RolloutWords {
  readonly to: string;
}

/** More than this at once waits for EC2's own pace, and is asked about. */
const MANY = 1_000;
const MOST = 100_000;

/** Brings a fleet to a size. */
export async function runScale(words: ScaleWords, host: Host): Promise<ExitCode> {
  const rules = rulesOf(words);
  const to = sizeOf(words.to);
  const catalogue = await openCatalogue(words, host);
  const role = await fleetRole(words, catalogue, host);
  checkRollout(words, role);
  if (to > MANY && !words['dry-run'] && !(await agreedToMany(to, words, host))) return exitCode('ok');
  const target = { verb: 'scale', count: to, target: String(to) };
  const draft = await fleetDraft(words, role, target, catalogue, host);
  return await inSession(launchPlace(words, role, catalogue), host, async (session) => {
    // None needs neither a build nor a bundle.
    const pins =
      to === 0 && !words['dry-run'] ? {} : await pinsOf(draft, words, session, { preview: words['dry-run'] });
    if (words['dry-run']) {
      const { showScale } = await import('./scale-dry-run.ts');
      return await showScale({ ...words, to }, { draft, pins, rules }, session, host);
    }
    return await changeFleet({ verb: 'scale', draft, pins, rules, run: scaleFleet }, words, session, host);
  });
}

function sizeOf(text: string): number {
  const to = wholeNumber(text);
  if (to <= MOST) return to;
  throw new UsageError(`--to must be a whole number from 0 to ${MOST.toLocaleString('en')}`, {
    hint: '--to 0 ends the fleet',
  });
}

async function agreedToMany(to: number, { yes }: ScaleWords, { terminal }: Host): Promise<boolean> {
  if (yes) return true;
  const text = `${to.toLocaleString('en')} machines`;
  if (terminal.interactive) return await confirm(terminal, `Bring the fleet to ${text}?`, false);
  throw new UsageError(`${text} are many, and there is no terminal to ask`, {
    hint: `--yes brings the fleet to more than ${MANY.toLocaleString('en')} machines without asking`,
  });
}
