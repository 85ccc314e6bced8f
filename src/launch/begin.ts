import { ConflictError } from '../errors.ts';
import type { Build, Machine } from '../model.ts';
import { defined } from '../objects.ts';
import { createLaunch, type LaunchRecord, type RecordedBuild, readLaunch } from './book.ts';
import { fleetTags } from './identity.ts';
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
  return defined({
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
    settings,
    requested: count,
    boot_budget_ms: role.bootBudgetMs,
    strict_budget: strictBudget || undefined,
    build: build && recordedBuild(build),
    bundle: bundle && { sha256: bundle.sha256, tar_sha256: bundle.tarSha256 },
    created: new Date(now).toISOString(),
  });
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

type Compared = keyof typeof COMPARED;

/** What may have changed where people say so: the fleet stays the same one. */
const CHANGEABLE: ReadonlySet<Compared> = new Set(['ami', 'catalogue_sha256', 'settings_sha256']);

/** Settings that the record holds as fields of their own. */
const FIELDS: ReadonlySet<string> = new Set(['region', 'ami']);

/** Of a long value so much is shown, and so much before the first character that differs. */
const MAX_SHOWN = 60;
const LEAD = 20;

/**
 * Makes sure that a launch that was begun is the one that is wanted.
 * @throws ConflictError with each difference; `acceptChanges` is undefined where the command has no word for it
 */
function refuseOther(
  begun: LaunchRecord,
  wanted: LaunchRecord,
  { acceptChanges: accepted, anyCount = false }: Pick<LaunchPlan, 'acceptChanges' | 'anyCount'>,
): void {
  const names = Object.keys(COMPARED) as Compared[];
  const changed = names.filter((name) => begun[name] !== wanted[name] && !(anyCount && name === 'requested'));
  const isAcceptable = changed.every((name) => CHANGEABLE.has(name));
  if (accepted && isAcceptable) return;
  const details = [...changesOf(changed, begun, wanted), ...contentChanges(begun, wanted)];
  if (details.length === 0) return;
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

/** Of the catalogue and the settings that which is told setting by setting, where the record holds them. */
function changesOf(changed: readonly Compared[], begun: LaunchRecord, wanted: LaunchRecord): string[] {
  // What doesn't change the machines may differ by itself: how long they are waited for, say.
  const isOther = changed.includes('settings_sha256') || changed.includes('catalogue_sha256');
  const settings = isOther ? changedSettings(begun.settings, wanted.settings) : [];
  const plain = changed.flatMap((name): string[] => {
    switch (name) {
      case 'settings_sha256':
        return settings.length > 0 ? [] : [COMPARED[name]];
      case 'catalogue_sha256':
        return settings.length > 0 || changed.includes('settings_sha256') ? [] : [COMPARED[name]];
      default:
        return [change(COMPARED[name], String(begun[name]), String(wanted[name]))];
    }
  });
  return [...plain, ...settings];
}

/** What the two have otherwise, by its name in the catalogue. A record of an earlier version holds none. */
function changedSettings(
  begun: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): string[] {
  if (begun === undefined || wanted === undefined) return [];
  const names = [...new Set([...Object.keys(begun), ...Object.keys(wanted)])];
  return names
    .filter((name) => !FIELDS.has(name) && begun[name] !== wanted[name])
    .map((name) => change(name, begun[name] ?? 'not set', wanted[name] ?? 'not set'));
}

/** The same catalogue may launch another build, and modules may have changed beside it. */
function contentChanges(begun: LaunchRecord, wanted: LaunchRecord): string[] {
  return [
    ...(begun.build?.sha256 === wanted.build?.sha256
      ? []
      : [change('build', begun.build?.tag ?? 'none', wanted.build?.tag ?? 'none')]),
    ...(begun.bundle?.tar_sha256 === wanted.bundle?.tar_sha256
      ? []
      : ['content of the start-up bundle (modules, variables, files)']),
  ];
}

function change(name: string, then: string, now: string): string {
  const start = firstShown(then, now);
  return `${name} (then ${part(then, start)}, now ${part(now, start)})`;
}

/** Where long values begin to be shown, so that what tells them apart is seen. */
function firstShown(then: string, now: string): number {
  let same = 0;
  while (same < then.length && then[same] === now[same]) same += 1;
  return same < MAX_SHOWN ? 0 : same - LEAD;
}

function part(text: string, start: number): string {
  const shown = text.slice(start, start + MAX_SHOWN);
  return `${start > 0 ? '…' : ''}${shown}${start + MAX_SHOWN < text.length ? '…' : ''}`;
}
