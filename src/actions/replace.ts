import type { Catalogue } from '../catalogue/catalogue.ts';
import { glimpse } from '../fleet/glimpse.ts';
import { fleetKey } from '../fleet/lease.ts';
import { lookAtFleet, standingAs } from '../fleet/look.ts';
import type { Member } from '../fleet/members.ts';
import { replaceFleet } from '../fleet/replace.ts';
import { type Replaced, type Replacement, replacementOf } from '../fleet/replacement.ts';
import { artifactsOf } from './artifacts/artifacts.ts';
import { changeFleet, type FleetChange, wantedOf } from './fleet.ts';
import { type RoleName, requestFor } from './launch-request.ts';
import { type RolloutWords, roleOf, rulesOf } from './rollout.ts';
import type { RunEvent } from './run.ts';
import type { Runtime } from './runtime.ts';
import { inSession, launchPlace, openSession } from './session.ts';

/** Which machines of a fleet are replaced, and how. */
export interface ReplaceInput extends RolloutWords {
  /** Also those that a launch would make the same. */
  readonly all: boolean;
  readonly allowShrink: boolean;
}

const whichOf = ({ all }: ReplaceInput): Replaced => (all ? 'all' : 'stale');
const targetOf = (input: ReplaceInput) => ({ verb: 'replace', count: 1, target: whichOf(input) });

/** Replaces machines of a fleet by ones as a launch would make them now. */
export async function* replace(
  input: RoleName & ReplaceInput,
  agreed: (members: readonly Member[]) => Promise<boolean>,
  catalogue: Catalogue,
  runtime: Runtime,
): AsyncGenerator<RunEvent, void, void> {
  const rules = rulesOf(input);
  const role = await roleOf(input, catalogue);
  const request = await requestFor(role, input, targetOf(input), catalogue, runtime);
  const session = await openSession(launchPlace(input, role, catalogue), runtime);
  try {
    const artifacts = await artifactsOf(request, input, session);
    const run: FleetChange['run'] = (plan, tools) =>
      replaceFleet(plan, { which: whichOf(input), allowShrink: input.allowShrink }, tools);
    yield* changeFleet({ verb: 'replace', request, artifacts, rules, agreed, run }, input, session);
  } finally {
    await session.close();
  }
}

/** What a replacement would do. */
export interface ReplacePlan {
  readonly replacement: Replacement;
  /** Machines whose verdicts nobody knows. */
  readonly unjudged: number;
  /** Batches that an earlier run has left open. */
  readonly open: number;
}

/** Tells what `replace` would do, and does nothing. */
export async function planReplace(
  input: RoleName & ReplaceInput,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<ReplacePlan> {
  rulesOf(input);
  const role = await roleOf(input, catalogue);
  const request = await requestFor(role, input, targetOf(input), catalogue, runtime);
  return await inSession(launchPlace(input, role, catalogue), runtime, async (session) => {
    const { ec2, records } = session;
    const { clock } = runtime;
    const artifacts = await artifactsOf(request, input, session, 'preview');
    const book = await glimpse(records, fleetKey(role), clock);
    const fleet = await lookAtFleet(role, wantedOf(request, artifacts), { ec2, records, clock, book });
    const { target, replacing: begun } = book;
    const replacement = replacementOf(fleet, {
      which: whichOf(input),
      launch: request.launch,
      target,
      begun,
      allowShrink: input.allowShrink,
    });
    return { replacement, unjudged: standingAs(fleet, 'unjudged').length, open: book.open.length };
  });
}
