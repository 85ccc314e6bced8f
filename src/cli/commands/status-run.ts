import { openCatalogue, type RoleWords, roleFrom } from '../../actions/catalogue.ts';
import { checkNames, KINDS } from '../../actions/fleet-names.ts';
import { bundleOf } from '../../actions/launch-request.ts';
import { regionFor } from '../../actions/region.ts';
import { type CloudChoice, inSession, requireBucket, type Session } from '../../actions/session.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import { AwsError, type ExitCode, exitCode, RolecallError } from '../../errors.ts';
import { type Glimpse, glimpse } from '../../fleet/book.ts';
import { fleetKey, whoIs } from '../../fleet/lease.ts';
import { fleetOf, type Wanted } from '../../fleet/members.ts';
import type { FleetName } from '../../launch/fleet-name.ts';
import type { Machine, PathName } from '../../model.ts';
import { type FleetStatus, fleetsDocument, fleetsText } from '../../reporters/fleets.ts';
import { jsonReport } from '../../reporters/json.ts';
import { painter } from '../../terminal/paint.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import type { Host } from '../context.ts';

export interface StatusWords extends CloudChoice, RoleWords {
  readonly json: boolean;
}

/** Shows the fleets of a catalogue as EC2's tags tell them. */
export async function runStatus(words: StatusWords, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(words, host);
  // A name that the catalogue lacks is hardly meant; machines of a role that it had are shown without one.
  checkNames(words, catalogue);
  const region = await regionFor(words, host);
  return await inSession({ choice: words, region, catalogue }, host, async (session) => {
    const machines = await session.ec2.machinesWithTags(tagsOf(words, catalogue));
    const names = fleetNames(machines);
    const place = { session, catalogue, host };
    const fleets = await Promise.all(names.map((name) => statusOf(name, machines, place)));
    const { stdout, colour } = host.terminal;
    const text = words.json
      ? jsonReport(fleetsDocument(fleets))
      : fleetsText(fleets, host.clock.now(), widthFor(stdout), painter(colour.stdout));
    await write(stdout, text);
    return exitCode('ok');
  });
}

interface StatusPlace {
  readonly session: Session;
  readonly catalogue: Catalogue;
  readonly host: Host;
}

function tagsOf(words: RoleWords, catalogue: Catalogue): Record<string, string> {
  const given = KINDS.flatMap(([kind]) => {
    const value = words[kind];
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
  { session, catalogue, host }: StatusPlace,
): Promise<FleetStatus> {
  const { records, region } = session;
  const those = machines.filter(
    ({ tags }) =>
      tags['rolecall:role'] === name.role &&
      tags['rolecall:environment'] === name.environment &&
      tags['rolecall:context'] === name.context,
  );
  const [wanted, seen] = await Promise.all([
    wantedNow(name, { session, catalogue, host }),
    glimpse(records, fleetKey({ ...name, region }), host.clock).catch(troubleOf),
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
async function wantedNow(
  name: FleetName,
  { session, catalogue, host }: StatusPlace,
): Promise<Wanted | undefined> {
  try {
    const role = await roleFrom(catalogue, name, { region: session.region });
    const { settingsTag } = await import('../../launch/request.ts');
    return {
      ami: role.ami,
      settings: settingsTag(role),
      build: await buildNow(role, session),
      bundle: await bundleNow(role, catalogue, host),
    };
  } catch (error) {
    if (error instanceof RolecallError) return undefined;
    throw error;
  }
}

async function buildNow(role: Role, session: Session): Promise<string | undefined> {
  if (role.app === undefined) return undefined;
  const { readPointer } = await import('../../release/current.ts');
  return (await readPointer(requireBucket(session), role.app, role.environment))?.pointer.tag;
}

async function bundleNow(role: Role, catalogue: Catalogue, host: Host): Promise<string | undefined> {
  const bundle = await bundleOf(role, catalogue, 'measured', host);
  if (bundle === undefined) return undefined;
  const [{ measureBundle }, { hashTag }] = await Promise.all([
    import('../../actions/artifacts/bundle.ts'),
    import('../../launch/request.ts'),
  ]);
  return hashTag((await measureBundle(bundle, host)).tarSha256);
}
