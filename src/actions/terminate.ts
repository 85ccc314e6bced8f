import type { Catalogue } from '../catalogue/catalogue.ts';
import type { FleetName } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { FleetEvent } from '../fleet/events.ts';
import { glimpse } from '../fleet/glimpse.ts';
import { fleetKey } from '../fleet/lease.ts';
import { lookAtFleet } from '../fleet/look.ts';
import { isOurs, type Member } from '../fleet/members.ts';
import { doomedOf, terminateFleet } from '../fleet/terminate.ts';
import { fleetTags } from '../launch/identity.ts';
import { isLaunchId, type LaunchId, type PathName } from '../model.ts';
import { lockWaitMs, openFleetBook } from './fleet-book.ts';
import { checkNames } from './fleet-names.ts';
import { type RoleWords, requireRole } from './launch-request.ts';
import { regionFor } from './region.ts';
import type { Runtime } from './runtime.ts';
import { type CloudChoice, inSession, openCatalogue, openSession, type Session } from './session.ts';

/** Whose machines are ended: those of a launch, or of the fleet that role, environment and context name. */
export interface TerminateInput extends CloudChoice, RoleWords {
  readonly launch?: string | undefined;
  readonly fleet: boolean;
  /** Only those that did not succeed, or are stopped. */
  readonly failed: boolean;
  readonly lockWait: string;
}

/** Ends machines that rolecall launched, and no others. @param agreed asked before, with the fleet's name */
export async function* terminate(
  input: TerminateInput,
  agreed: (members: readonly Member[], name: FleetName) => Promise<boolean>,
  runtime: Runtime,
): AsyncGenerator<FleetEvent, void, void> {
  const launch = launchOf(input);
  const waitMs = lockWaitMs(input.lockWait);
  const session = await openSession(await placeOf(input, runtime), runtime);
  try {
    const name = await fleetIn(input, launch, session);
    const { ec2, records } = session;
    const { clock, signal } = runtime;
    const work = { name, verb: 'terminate', launch: launch ?? '-', waitMs } as const;
    const book = await openFleetBook(work, records, runtime);
    try {
      const asked = (members: readonly Member[]) => agreed(members, name);
      const tools = { ec2, records, clock, book, signal, agreed: asked };
      yield* terminateFleet(name, { launch, failed: input.failed }, tools);
    } finally {
      await book.close();
    }
  } finally {
    await session.close();
  }
}

/** Tells the machines that `terminate` would end, and does nothing. */
export async function planTerminate(input: TerminateInput, runtime: Runtime): Promise<Member[]> {
  const launch = launchOf(input);
  lockWaitMs(input.lockWait);
  return await inSession(await placeOf(input, runtime), runtime, async (session) => {
    const name = await fleetIn(input, launch, session);
    const { ec2, records } = session;
    const { clock } = runtime;
    const book = await glimpse(records, fleetKey(name), clock);
    const fleet = await lookAtFleet(name, undefined, { ec2, records, clock, book });
    return doomedOf(fleet, { launch, failed: input.failed });
  });
}

const placeOf = async (input: TerminateInput, runtime: Runtime) => {
  const catalogue = await openCatalogue(input, runtime);
  return { choice: input, region: await regionFor(input, runtime), catalogue };
};

/** The launch that is named. @throws UsageError where it is none, and where neither or both of launch and fleet are named */
function launchOf({ launch, fleet, ...names }: TerminateInput): LaunchId | undefined {
  const named = [names.role, names.environment, names.context].some((name) => name !== undefined);
  const hint =
    'rolecall terminate LAUNCH, or rolecall terminate --fleet --role ROLE --env ENV --context CONTEXT';
  if (launch === undefined && !fleet)
    throw new UsageError('which machines? Neither a launch nor --fleet is given', { hint });
  if (launch === undefined) return undefined;
  if (fleet || named) throw new UsageError('both a launch and a fleet are named', { hint });
  // EC2's filters take wildcards.
  if (isLaunchId(launch)) return launch;
  throw new UsageError(`"${launch}" is no launch id`, {
    hint: 'launch prints it; the tag rolecall:launch holds it',
  });
}

/** The fleet of the machines. @throws UsageError where there is none of that name */
async function fleetIn(
  input: TerminateInput,
  launch: LaunchId | undefined,
  session: Session,
): Promise<FleetName & { readonly region: string }> {
  const { catalogue, region, ec2 } = session;
  if (catalogue === undefined) throw new Error('terminate works on a catalogue');
  if (launch !== undefined) return { ...(await fleetOfLaunch(launch, catalogue, session)), region };
  const name = { catalogue: catalogue.name, ...(requireRole(input) as Omit<FleetName, 'catalogue'>) };
  // Machines of a role that the catalogue had once can be ended; a slip of the pen must not look like an end.
  if ((await ec2.machinesWithTags(fleetTags(name))).length === 0) checkNames(input, catalogue);
  return { ...name, region };
}

/**
 * The fleet that a launch belongs to, as its machines' tags tell.
 * @throws UsageError for one of another catalogue: that fleet's record, with its lease, lies elsewhere
 */
async function fleetOfLaunch(
  launch: LaunchId,
  catalogue: Pick<Catalogue, 'name'>,
  { ec2 }: Session,
): Promise<FleetName> {
  const machine = (await ec2.machinesOfLaunch(launch)).find(isOurs);
  if (machine === undefined)
    throw new UsageError(`EC2 knows no machine of launch ${launch} that rolecall launched`, {
      hint: 'check the id, --region and --profile; rolecall status lists what there is',
    });
  const tag = (name: string) => (machine.tags[`rolecall:${name}`] ?? '') as PathName;
  if (tag('catalogue') !== catalogue.name)
    throw new UsageError(
      `launch ${launch} is of the catalogue "${tag('catalogue')}", and not of "${catalogue.name}"`,
      { hint: 'name the file of that catalogue: --catalogue FILE' },
    );
  return {
    catalogue: tag('catalogue'),
    role: tag('role'),
    environment: tag('environment'),
    context: tag('context'),
  };
}
