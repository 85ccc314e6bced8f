import type { FleetName } from '../catalogue/role.ts';
import { clientToken, fleetTags } from '../launch/identity.ts';
import type { InstanceId, LaunchId, Machine, Outcome } from '../model.ts';

/** What a launch would give machines now, as their tags and their AMI tell it. */
export interface Wanted {
  readonly ami: string;
  /** Hash of the role's settings, as a tag holds it. */
  readonly settings: string;
  /** Tag of the build that is promoted; undefined where the role deploys none, or nothing is promoted. */
  readonly build?: string | undefined;
  /** Of the bundle's content; undefined where the role has no modules. */
  readonly bundle?: string | undefined;
}

/**
 * Where a machine of a fleet stands. proved: it is there, and its boot succeeded; unjudged: it is there, and nobody knows
 * how its boot ended; failed: it is there, and its boot did not succeed; stopped: it is there, and serves nobody; ending:
 * it is about to go, or gone.
 */
export type Standing = 'proved' | 'unjudged' | 'failed' | 'stopped' | 'ending';

/** A machine that rolecall launched into the fleet. */
export interface Member {
  readonly machine: Machine;
  readonly standing: Standing;
  readonly verdict: Outcome | undefined;
  /** What differs from what a launch would give now, a few words each; empty where nothing does. */
  readonly stale: readonly string[];
}

/** The machines under a fleet's tags. */
export interface Fleet {
  readonly members: readonly Member[];
  /** They carry the fleet's tags, but no call of rolecall's launched them: they are never touched. */
  readonly strangers: readonly Machine[];
}

const OUTCOMES: ReadonlySet<string | undefined> = new Set<Outcome>(['succeeded', 'failed', 'silent', 'lost']);
const isOutcome = (text: string | undefined): text is Outcome => OUTCOMES.has(text);

/**
 * Sorts what EC2 describes under a fleet's tags. Tags alone prove nothing, people copy them ("launch more like this"): a
 * member's ClientToken is the one that its launch and batch give.
 * @param ended machines that EC2 has taken to end a moment ago, whatever a late description says of them
 */
export function fleetOf(
  machines: readonly Machine[],
  name: FleetName,
  wanted: Wanted | undefined,
  ended: ReadonlySet<InstanceId> = new Set(),
): Fleet {
  const [members, strangers] = parted(machines, (machine) => isOurs(machine) && isOf(machine, name));
  return {
    members: members.map((machine) => memberOf(machine, wanted, ended)),
    strangers: strangers.filter(({ state }) => state !== 'terminated' && state !== 'shutting-down'),
  };
}

/** Whether a RunInstances call of rolecall's launched it. */
export function isOurs({ tags, clientToken: token }: Machine): boolean {
  const launch = tags['rolecall:launch'] as LaunchId | undefined;
  const batch = Number(tags['rolecall:batch']);
  if (launch === undefined || !Number.isSafeInteger(batch) || batch < 1) return false;
  return token === clientToken(launch, batch);
}

const isOf = ({ tags }: Machine, name: FleetName): boolean =>
  Object.entries(fleetTags(name)).every(([tag, value]) => tags[tag] === value);

function memberOf(machine: Machine, wanted: Wanted | undefined, ended: ReadonlySet<InstanceId>): Member {
  const tag = machine.tags['rolecall:verdict'];
  const verdict = isOutcome(tag) ? tag : undefined;
  const standing = ended.has(machine.instanceId) ? 'ending' : standingOf(machine, verdict);
  return { machine, standing, verdict, stale: wanted === undefined ? [] : staleness(machine, wanted) };
}

/** Where a machine stands with this verdict. */
export function standingOf({ state }: Machine, verdict: Outcome | undefined): Standing {
  switch (state) {
    case 'shutting-down':
    case 'terminated':
      return 'ending';
    case 'stopping':
    case 'stopped':
      return 'stopped';
    case 'pending':
    case 'running':
      if (verdict === undefined) return 'unjudged';
      return verdict === 'succeeded' ? 'proved' : 'failed';
  }
}

function staleness({ imageId, tags }: Machine, wanted: Wanted): string[] {
  const differs = (what: string, has: string | undefined, wants: string | undefined): string[] =>
    has === wants ? [] : [`${what} ${has ?? 'none'}, now ${wants ?? 'none'}`];
  const changed = (what: string, has: string | undefined, wants: string | undefined): string[] =>
    has === wants ? [] : [`other ${what}`];
  return [
    ...differs('AMI', imageId, wanted.ami),
    ...differs('build', tags['rolecall:build'], wanted.build),
    ...changed('modules', tags['rolecall:bundle'], wanted.bundle),
    ...changed('settings', tags['rolecall:settings'], wanted.settings),
  ];
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  const first: T[] = [];
  const second: T[] = [];
  for (const item of items) (isFirst(item) ? first : second).push(item);
  return [first, second];
}
