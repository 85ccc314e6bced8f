import { ConflictError } from '../errors.ts';
import type { Build, Machine } from '../nouns.ts';
import { createLaunch, type LaunchRecord, type RecordedBuild, readLaunch } from './book.ts';
import type { LaunchPlan } from './plan.ts';
import type { LaunchRecords } from './records.ts';
import { fleetTags } from './request.ts';
import { settingsHash } from './settings-hash.ts';

/** What makes two runs of a launch the same, and what a conflict calls it. */
const COMPARED = {
  catalogue: 'catalogue',
  role: 'role',
  environment: 'environment',
  context: 'context',
  region: 'region',
  ami: 'ami',
  requested: 'count',
  catalogue_sha256: 'catalogue file',
  settings_sha256: 'role settings',
} as const satisfies Partial<Record<keyof LaunchRecord, string>>;

/** What may have changed where people say so: the fleet stays the same one. */
const CHANGEABLE: ReadonlySet<keyof LaunchRecord> = new Set(['ami', 'catalogue_sha256', 'settings_sha256']);

/**
 * Records the launch, or finds it recorded.
 * @returns whether this is a re-run
 * @throws ConflictError when a launch of this id was begun as something else
 */
export async function beginLaunch(plan: LaunchPlan, records: LaunchRecords, now: number): Promise<boolean> {
  const wanted = launchRecord(plan, now);
  if (await createLaunch(records, plan.launch, wanted)) return false;
  const begun = await readLaunch(records, plan.launch);
  if (begun !== undefined) refuseOther(begun, wanted, plan);
  return true;
}

function launchRecord({ launch, role, count, build, bundle }: LaunchPlan, now: number): LaunchRecord {
  return {
    version: 1,
    launch,
    catalogue: role.catalogue,
    catalogue_sha256: role.catalogueSha256,
    role: role.role,
    environment: role.environment,
    context: role.context,
    region: role.region,
    ami: role.ami,
    settings_sha256: settingsHash(role),
    requested: count,
    ...(build && { build: recordedBuild(build) }),
    ...(bundle && { bundle: { sha256: bundle.sha256, tar_sha256: bundle.tarSha256 } }),
    created: new Date(now).toISOString(),
  };
}

/** A build as the launch's record and its report tell it. */
export const recordedBuild = ({ app, tag, sha256, commit, createdAt }: Build): RecordedBuild => ({
  app,
  tag,
  sha256,
  commit,
  created: new Date(createdAt).toISOString(),
});

/** `acceptChanges` is undefined where the command has no word for it. */
function refuseOther(
  begun: LaunchRecord,
  wanted: LaunchRecord,
  { acceptChanges: accepted, anyCount = false }: Pick<LaunchPlan, 'acceptChanges' | 'anyCount'>,
): void {
  const names = Object.keys(COMPARED) as (keyof typeof COMPARED)[];
  const changed = names.filter((name) => begun[name] !== wanted[name] && !(anyCount && name === 'requested'));
  const builds = [begun, wanted].map(({ build }) => build?.tag ?? 'none');
  const isAcceptable = changed.every((name) => CHANGEABLE.has(name));
  if (accepted && isAcceptable) return;
  const otherBuild = begun.build?.sha256 !== wanted.build?.sha256;
  const otherBundle = begun.bundle?.tar_sha256 !== wanted.bundle?.tar_sha256;
  if (changed.length === 0 && !otherBuild && !otherBundle) return;
  const details = [
    ...changed.map((name) =>
      name.endsWith('sha256')
        ? COMPARED[name]
        : `${COMPARED[name]} (then ${begun[name]}, now ${wanted[name]})`,
    ),
    ...(otherBuild ? [`build (then ${builds[0]}, now ${builds[1]})`] : []),
    ...(otherBundle ? ['content of the start-up bundle (modules, variables, files)'] : []),
  ];
  const goOn =
    accepted === false && isAcceptable
      ? '--accept-changes goes on with the new values for the machines that are missing; or '
      : '';
  throw new ConflictError(
    `launch ${begun.launch} was begun at ${begun.created} with other values: ${details.join(', ')}`,
    {
      hint: `${goOn}give this launch another --launch-id, or restore what changed; rolecall watch ${begun.launch} follows the machines it has`,
    },
  );
}

/**
 * Makes sure that machines which EC2 gives for this launch's id or tokens are of this fleet.
 * @throws ConflictError when somebody else uses the same launch id
 */
export function refuseForeign(machines: readonly Machine[], { launch, role }: LaunchPlan): void {
  const ours = Object.entries({ ...fleetTags(role), 'rolecall:launch': launch });
  for (const machine of machines) {
    const other = ours.find(([tag, value]) => machine.tags[tag] !== value);
    if (other === undefined) continue;
    const [tag, value] = other;
    throw new ConflictError(
      `${machine.instanceId} carries launch id ${launch}, but its tag ${tag} is ${machine.tags[tag] ?? 'not set'}, not ${value}`,
      { hint: 'another launch uses this id: give this one another --launch-id' },
    );
  }
}
