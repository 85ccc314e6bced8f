import type { Catalogue } from '../catalogue/catalogue.ts';
import type { FleetName } from '../catalogue/role.ts';
import { AwsError, RolecallError } from '../errors.ts';
import { type Glimpse, glimpse } from '../fleet/glimpse.ts';
import { fleetKey, whoIs } from '../fleet/lease.ts';
import { fleetOf, type Wanted } from '../fleet/members.ts';
import type { Machine, PathName } from '../model.ts';
import type { FleetStatus } from '../results/fleet-state.ts';
import { wantedNow } from './artifacts/schemes.ts';
import { checkNames, KINDS } from './fleet-names.ts';
import { type RoleWords, roleFrom } from './launch-request.ts';
import { regionFor } from './region.ts';
import type { Runtime } from './runtime.ts';
import { type CloudChoice, inSession, openCatalogue, type Session } from './session.ts';

/** Which fleets are looked at: all of the catalogue, or those of a role, an environment, a context. */
export interface StatusInput extends CloudChoice, RoleWords {}

/** Tells the fleets of a catalogue as EC2's tags tell them, sorted by name. @throws UsageError for an unknown name */
export async function status(input: StatusInput, runtime: Runtime): Promise<FleetStatus[]> {
  const catalogue = await openCatalogue(input, runtime);
  // A name that the catalogue lacks is hardly meant; machines of a role that it had are shown without one.
  checkNames(input, catalogue);
  const region = await regionFor(input, runtime);
  return await inSession({ choice: input, region, catalogue }, runtime, async (session) => {
    const machines = await session.ec2.machinesWithTags(tagsOf(input, catalogue));
    const names = fleetNames(machines);
    return await Promise.all(names.map((name) => statusOf(name, machines, catalogue, session)));
  });
}

function tagsOf(input: RoleWords, catalogue: Catalogue): Record<string, string> {
  const given = KINDS.flatMap(([kind]) => {
    const value = input[kind];
    return value === undefined ? [] : [[`rolecall:${kind}`, value] as const];
  });
  return { 'rolecall:catalogue': catalogue.name, ...Object.fromEntries(given) };
}

function fleetNames(machines: readonly Machine[]): FleetName[] {
  const names = new Map<string, FleetName>();
  for (const { tags, state } of machines) {
    if (state === 'terminated') continue;
    const [catalogue, role, environment, context] = ['catalogue', 'role', 'environment', 'context'].map(
      (name) => (tags[`rolecall:${name}`] ?? '') as PathName,
    ) as [PathName, PathName, PathName, PathName];
    names.set([role, environment, context].join('/'), { catalogue, role, environment, context });
  }
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name);
}

async function statusOf(
  name: FleetName,
  machines: readonly Machine[],
  catalogue: Catalogue,
  session: Session,
): Promise<FleetStatus> {
  const { records, region, runtime } = session;
  const those = machines.filter(
    ({ tags }) =>
      tags['rolecall:role'] === name.role &&
      tags['rolecall:environment'] === name.environment &&
      tags['rolecall:context'] === name.context,
  );
  const [wanted, seen] = await Promise.all([
    wantedOf(name, catalogue, session),
    glimpse(records, fleetKey({ ...name, region }), runtime.clock).catch(troubleOf),
  ]);
  return {
    name,
    wanted,
    target: 'trouble' in seen ? null : seen.target,
    fleet: fleetOf(those, name, wanted, 'trouble' in seen ? undefined : seen.latestEnds),
    busy: busyText(seen),
  };
}

interface Trouble {
  readonly trouble: string | undefined;
}

/** Who may look at machines may not read the bucket; and one damaged record hides no fleet. */
function troubleOf(error: unknown): Trouble {
  if (error instanceof AwsError) return { trouble: undefined };
  if (error instanceof RolecallError) return { trouble: error.message };
  throw error;
}

function busyText(seen: Glimpse | Trouble): string | undefined {
  if ('trouble' in seen) return seen.trouble;
  return seen.holder ? `at work on it: ${whoIs(seen.holder)}` : undefined;
}

/** What a launch would give now; undefined where the catalogue can't tell any more. */
async function wantedOf(
  name: FleetName,
  catalogue: Catalogue,
  session: Session,
): Promise<Wanted | undefined> {
  try {
    const role = await roleFrom(catalogue, name, { region: session.region });
    return await wantedNow(role, catalogue, session);
  } catch (error) {
    if (error instanceof RolecallError) return undefined;
    throw error;
  }
}
