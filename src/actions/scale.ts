import type { Catalogue } from '../catalogue/catalogue.ts';
import { glimpse } from '../fleet/glimpse.ts';
import { fleetKey } from '../fleet/lease.ts';
import { lookAtFleet } from '../fleet/look.ts';
import type { Fleet, Member } from '../fleet/members.ts';
import { type Need, needOf, scaleFleet } from '../fleet/scale.ts';
import { waveSizes } from '../fleet/waves.ts';
import { artifactsOf, NO_ARTIFACTS } from './artifacts/artifacts.ts';
import { changeFleet, wantedOf } from './fleet.ts';
import { type RoleName, requestFor } from './launch-request.ts';
import { type RolloutWords, roleOf, rulesOf } from './rollout.ts';
import type { RunEvent } from './run.ts';
import type { Runtime } from './runtime.ts';
import { inSession, launchPlace, openSession } from './session.ts';

/** How large a fleet is to be, and how it comes there. */
export interface ScaleInput extends RolloutWords {
  readonly to: number;
}

const targetOf = ({ to }: ScaleInput) => ({ verb: 'scale', count: to, target: String(to) });

/** Brings a fleet to a size. */
export async function* scale(
  input: RoleName & ScaleInput,
  agreed: (members: readonly Member[]) => Promise<boolean>,
  catalogue: Catalogue,
  runtime: Runtime,
): AsyncGenerator<RunEvent, void, void> {
  const rules = rulesOf(input);
  const role = await roleOf(input, catalogue);
  const request = await requestFor(role, input, targetOf(input), catalogue, runtime);
  const session = await openSession(launchPlace(input, role, catalogue), runtime);
  try {
    // None needs neither a build nor a bundle.
    const artifacts = input.to === 0 ? NO_ARTIFACTS : await artifactsOf(request, input, session);
    yield* changeFleet({ verb: 'scale', request, artifacts, rules, agreed, run: scaleFleet }, input, session);
  } finally {
    await session.close();
  }
}

/** What bringing a fleet to a size would do. */
export interface ScalePlan {
  readonly fleet: Fleet;
  readonly need: Need;
  /** Machines in each wave. */
  readonly waves: readonly number[];
  /** Batches that an earlier run has left open. */
  readonly open: number;
}

/** Tells what `scale` would do, and does nothing: the lease is not taken, machines without a verdict are not judged. */
export async function planScale(
  input: RoleName & ScaleInput,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<ScalePlan> {
  const rules = rulesOf(input);
  const role = await roleOf(input, catalogue);
  const request = await requestFor(role, input, targetOf(input), catalogue, runtime);
  return await inSession(launchPlace(input, role, catalogue), runtime, async (session) => {
    const { ec2, records } = session;
    const { clock } = runtime;
    const artifacts = await artifactsOf(request, input, session, 'preview');
    const book = await glimpse(records, fleetKey(role), clock);
    const fleet = await lookAtFleet(role, wantedOf(request, artifacts), { ec2, records, clock, book });
    const need = needOf(fleet, input.to, rules.policy);
    const waves = need.kind === 'more' ? waveSizes(rules, need.count) : [];
    return { fleet, need, waves, open: book.open.length };
  });
}
