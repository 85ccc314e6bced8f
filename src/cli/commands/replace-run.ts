import { type Pins, pinsOf } from '../../actions/artifacts/artifacts.ts';
import { openCatalogue } from '../../actions/catalogue.ts';
import { changeFleet, type FleetChange, wantedOf } from '../../actions/fleet.ts';
import { fleetDraft, fleetRole } from '../../actions/fleet-draft.ts';
import { checkRollout, type RolloutWords, rulesOf } from '../../actions/rollout.ts';
import { inSession, launchPlace, type Session } from '../../actions/session.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import { glimpse } from '../../fleet/book.ts';
import { fleetKey } from '../../fleet/lease.ts';
import { lookAtFleet, standingAs } from '../../fleet/look.ts';
import { replaceFleet } from '../../fleet/replace.ts';
import { type Replaced, replacementOf } from '../../fleet/replacement.ts';
import { jsonReport } from '../../reporters/json.ts';
import { replacementDocument, replacementText } from '../../reporters/replacement.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import type { Host } from '../context.ts';

export interface ReplaceWords extends RolloutWords {
  readonly all: boolean;
  readonly 'allow-shrink': boolean;
}

/** Replaces machines of a fleet by ones as a launch would make them now. */
export async function runReplace(words: ReplaceWords, host: Host): Promise<ExitCode> {
  const rules = rulesOf(words);
  const catalogue = await openCatalogue(words, host);
  const role = await fleetRole(words, catalogue, host);
  checkRollout(words, role);
  const which = whichOf(words);
  const draft = await fleetDraft(words, role, { verb: 'replace', count: 1, target: which }, catalogue, host);
  return await inSession(launchPlace(words, role, catalogue), host, async (session) => {
    const pins = await pinsOf(draft, words, session, { preview: words['dry-run'] });
    if (words['dry-run']) return await show(words, draft, pins, session, host);
    const run: FleetChange['run'] = (plan, tools) =>
      replaceFleet(plan, { which, allowShrink: words['allow-shrink'] }, tools);
    return await changeFleet({ verb: 'replace', draft, pins, rules, run }, words, session, host);
  });
}

const whichOf = ({ all }: ReplaceWords): Replaced => (all ? 'all' : 'stale');

async function show(
  words: ReplaceWords,
  { role, launch }: FleetChange['draft'],
  pins: Pins,
  { ec2, records }: Session,
  { clock, terminal }: Host,
): Promise<ExitCode> {
  const book = await glimpse(records, fleetKey(role), clock);
  const fleet = await lookAtFleet(role, wantedOf(role, pins), { ec2, records, clock, book });
  const allowShrink = words['allow-shrink'];
  const { target, replacing: begun } = book;
  const replacement = replacementOf(fleet, { which: whichOf(words), launch, target, begun, allowShrink });
  const unjudged = standingAs(fleet, 'unjudged').length;
  const planned = { name: role, replacement, allowShrink, unjudged, open: book.open.length };
  const text =
    words.output === 'text'
      ? replacementText(planned, clock.now(), widthFor(terminal.stdout))
      : jsonReport(replacementDocument(planned));
  await write(terminal.stdout, text);
  return exitCode('ok');
}
