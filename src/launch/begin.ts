import { ConflictError } from '../errors.ts';
import type { Build, Machine } from '../model.ts';
import { createLaunch, type LaunchRecord, type RecordedBuild, readLaunch } from './book.ts';
import { refuseOther } from './difference.ts';
import { fleetTags } from './fleet-name.ts';
import type { LaunchPlan } from './plan.ts';
import type { LaunchRecords } from './records.ts';

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

function launchRecord(
  { launch, role, settings, settingsHash, count, strictBudget, build, bundle }: LaunchPlan,
  now: number,
): LaunchRecord {
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
    settings_sha256: settingsHash,
    ...(settings && { settings }),
    requested: count,
    ...(role.bootBudgetMs !== undefined && { boot_budget_ms: role.bootBudgetMs }),
    ...(strictBudget && { strict_budget: true }),
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
