import type { Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { ExitCode } from '../errors.ts';
import type { FleetStreamEvent } from '../launch/fleet/events.ts';
import type { Member, Wanted } from '../launch/fleet/members.ts';
import type { FleetPlan, FleetTools, Rules } from '../launch/fleet/tools.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { hashTag, settingsTag } from '../launch/request.ts';
import type { LaunchId } from '../nouns.ts';
import type { OutputFormat, Progress } from '../report/progress.ts';
import type { BeaconStore } from '../watch/beacons.ts';
import { beaconStore, bucketIn } from './bucket.ts';
import { type Cloud, type CloudWords, connectCloud } from './cloud.ts';
import { askToEnd } from './fleet-ask.ts';
import { lockWaitMs, openFleetBook } from './fleet-book.ts';
import { judgeLeftovers } from './fleet-judge.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import type { Draft, Pins } from './intent.ts';
import { launchMeta } from './launch-draft.ts';
import { payloadsOf } from './payloads.ts';
import { recordsOf } from './records.ts';
import type { ReportWords } from './reports.ts';
import { Scoreboard } from './scoreboard.ts';

export interface FleetWords extends CloudWords, ReportWords {
  readonly yes: boolean;
  readonly 'lock-wait': string;
  readonly 'accept-changes'?: boolean;
  readonly output: OutputFormat;
}

/** Where a fleet's command is at work. */
export interface FleetPlace {
  readonly cloud: Cloud;
  readonly records: LaunchRecords;
  /** The catalogue's; undefined where it has none. */
  readonly bucket: Bucket | undefined;
  readonly beacons: BeaconStore | undefined;
}

/** What a command does to a fleet. */
export interface FleetChange {
  readonly verb: 'scale' | 'replace' | 'terminate';
  readonly draft: Draft;
  readonly pins: Pins;
  readonly rules: Rules;
  readonly run: (plan: FleetPlan, tools: FleetTools) => AsyncGenerator<FleetStreamEvent>;
}

/** Connects to where the fleet of a role is. */
export async function inFleetPlace<T>(
  words: CloudWords,
  role: Role,
  catalogue: Catalogue,
  host: Host,
  work: (place: FleetPlace) => Promise<T>,
): Promise<T> {
  const { region, ami } = role;
  const name = catalogue.bucket;
  const needs = { image: { catalogue, ami }, ...(name !== undefined && { bucket: { name, region } }) };
  const cloud = await connectCloud(words, region, host, needs);
  try {
    const records = await recordsOf(cloud, catalogue, host);
    const bucket = name === undefined ? undefined : await bucketIn(cloud, catalogue);
    const beacons = role.beacons ? await beaconStore(cloud, catalogue) : undefined;
    return await work({ cloud, records, bucket, beacons });
  } finally {
    await cloud.close();
  }
}

/** What a launch would give the fleet's machines now. */
export const wantedOf = (role: Role, { build, bundle }: Pins): Wanted => ({
  ami: role.ami,
  settings: settingsTag(role),
  build: build?.build.tag,
  bundle: bundle && hashTag(bundle.sealed.tarSha256),
});

/** Takes the fleet's lease, changes the fleet, and reports. */
export async function changeFleet(
  change: FleetChange,
  words: FleetWords,
  place: FleetPlace,
  host: Host,
): Promise<ExitCode> {
  const { verb, draft, pins, rules } = change;
  const { role, launch } = draft;
  const { cloud, records, bucket, beacons } = place;
  const { clock, signal } = host;
  const waitMs = lockWaitMs(words['lock-wait']);
  const book = await openFleetBook({ name: role, verb, launch, waitMs }, records, host);
  try {
    const scores = new Scoreboard();
    let progress: Progress | undefined;
    const shared = { role, build: pins.build?.build, bundle: pins.bundle?.sealed, count: draft.count };
    const launchPlan = (id: LaunchId) => ({
      ...shared,
      launch: id,
      payload: payloadsOf({ ...draft, launch: id }, pins, bucket, clock),
      acceptChanges: words['accept-changes'] ?? false,
    });
    const plan: FleetPlan = {
      launch: { ...launchPlan(launch), isNew: draft.isNew },
      // Where none is to be left, what a launch would give is not found out.
      wanted: draft.count === 0 ? undefined : wantedOf(role, pins),
      rules,
    };
    const tools: FleetTools = {
      ec2: cloud.ec2,
      records,
      clock,
      signal,
      book,
      ledger: book,
      planOf: launchPlan,
      proofs: (ids) => scores.all(ids),
      judge: (machines) =>
        judgeLeftovers(machines, role, { cloud, beacons }, host, (event) => progress?.tell(event)),
      agreed: (members) => ask(members, progress),
    };
    const ask = (members: readonly Member[], shown: Progress | undefined) => {
      const asking = () => askToEnd(verb, members, role, words, host);
      return words.yes || shown === undefined ? asking() : shown.aside(asking);
    };
    return await follow(
      {
        launching: change.run(plan, tools),
        scores,
        opened: (opened) => {
          progress = opened;
        },
        verb: VERBS[verb],
        output: words.output,
        junit: words.junit,
        launch,
        meta: launchMeta(draft, pins),
        beacons,
        timeoutMs: role.timeoutMs,
        patterns: role.patterns,
        ...(draft.isNew && { nonce: draft.nonce }),
      },
      cloud,
      host,
    );
  } finally {
    await book.close();
  }
}

const VERBS = { scale: 'scaling', replace: 'replacing', terminate: 'terminating' } as const;
