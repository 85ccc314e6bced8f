import type { Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { recordedBuild } from '../launch/begin.ts';
import { readLaunch } from '../launch/book.ts';
import { launchMachines } from '../launch/launch.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { LaunchId } from '../nouns.ts';
import type { LaunchMeta } from '../report/document.ts';
import type { OutputFormat } from '../report/progress.ts';
import type { BeaconStore } from '../watch/beacons.ts';
import { beaconStore, bucketIn } from './bucket.ts';
import { type Cloud, type CloudWords, connectCloud, type Place } from './cloud.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import { beaconNotice, completeIntent, type Draft, type Intent, type Pins, sendsBeacons } from './intent.ts';
import { payloadsOf } from './payloads.ts';
import { recordsOf } from './records.ts';
import type { ReportWords } from './reports.ts';

interface LaunchWords extends CloudWords, ReportWords {
  /** Tag of the build that is to be deployed. */
  readonly build?: string | undefined;
  readonly output: OutputFormat;
}

/**
 * Launches what is drafted, and follows the machines to their verdicts.
 * @param agreed asked once the build is known, of a role that deploys one
 * @param alone in a local cloud of its own, though another may be up
 */
export async function launchDraft(
  values: LaunchWords,
  draft: Draft,
  catalogue: Catalogue,
  host: Host,
  { agreed, alone = false }: { agreed?: (intent: Intent) => Promise<boolean>; alone?: boolean } = {},
): Promise<ExitCode> {
  const { region, ami } = draft.role;
  const { bucket } = catalogue;
  const needs = {
    alone,
    image: { catalogue, ami },
    ...(bucket !== undefined && { bucket: { name: bucket, region } }),
  };
  const cloud = await connectCloud(values, region, host, needs);
  try {
    const records = await recordsOf(cloud, catalogue, host);
    const intent = await completeIntent(
      draft,
      await pinsOf(draft, values.build, cloud, catalogue, records, host),
    );
    if (draft.role.app !== undefined && agreed !== undefined && !(await agreed(intent)))
      return exitCode('ok');
    const notices = [
      intent.pins.build?.notice,
      intent.pins.bundle?.published?.notice,
      beaconNotice(intent.pins, intent.payload),
    ];
    for (const notice of notices) if (notice !== undefined) host.terminal.stderr.write(`note: ${notice}\n`);
    const beacons = sendsBeacons(intent.payload) ? await beaconStore(cloud, catalogue) : undefined;
    const own = bucket === undefined ? undefined : await bucketIn(cloud, catalogue);
    return await launchAndFollow(values, intent, { cloud, records, bucket: own, beacons }, host);
  } finally {
    await cloud.close();
  }
}

/** What a report says of a launch beside its events. */
export function launchMeta({ role, launch }: Pick<Draft, 'role' | 'launch'>, pins: Pins): LaunchMeta {
  const build = pins.build?.build;
  const sealed = pins.bundle?.sealed;
  return {
    id: launch,
    catalogue: role.catalogue,
    role: role.role,
    environment: role.environment,
    context: role.context,
    catalogue_sha256: role.catalogueSha256,
    region: role.region,
    ami: role.ami,
    ...(build && { build: recordedBuild(build) }),
    ...(sealed && { bundle_sha256: sealed.sha256 }),
  };
}

/**
 * The build of this launch (an earlier run's, where it isn't new), or its bundle.
 * @param preview for a look only: the bundle is not published, and nothing may be launched with it
 */
export async function pinsOf(
  { role, bundle, launch, isNew }: Draft,
  tag: string | undefined,
  place: Place,
  catalogue: Catalogue,
  records: LaunchRecords,
  host: Host,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<Pins> {
  if (role.app === undefined && bundle === undefined && !role.beacons) return {};
  const bucket = await bucketIn(place, catalogue);
  if (bundle !== undefined) {
    const { pinBundle, previewBundle } = await import('./bundle-pin.ts');
    if (preview) return { bundle: await previewBundle(bundle, launch, role, host) };
    return {
      bundle: await pinBundle(bundle, launch, bucket, host),
      ...(await beaconOf(role, launch, bucket)),
    };
  }
  const recorded = isNew ? undefined : (await readLaunch(records, launch))?.build;
  return {
    build: await (await import('./build-pin.ts')).pinBuild(role, bucket, { tag, recorded }),
    ...(await beaconOf(role, launch, bucket)),
  };
}

/** Last of all, since its time runs from now. */
async function beaconOf(role: Role, launch: LaunchId, bucket: Bucket): Promise<Pick<Pins, 'beacon'>> {
  if (!role.beacons) return {};
  return { beacon: await (await import('./beacon-pin.ts')).pinBeacon(launch, bucket) };
}

interface Places {
  readonly cloud: Cloud;
  readonly records: LaunchRecords;
  /** The catalogue's; absent where it has none. */
  readonly bucket: Bucket | undefined;
  readonly beacons: BeaconStore | undefined;
}

async function launchAndFollow(
  values: LaunchWords,
  intent: Intent,
  { cloud, records, bucket, beacons }: Places,
  host: Host,
): Promise<ExitCode> {
  const { role, launch, isNew, count, pins } = intent;
  const build = pins.build?.build;
  const sealed = pins.bundle?.sealed;
  const { clock, signal } = host;
  return await follow(
    {
      launching: launchMachines(
        {
          launch,
          isNew,
          role,
          payload: payloadsOf(intent, pins, bucket, clock),
          count,
          build,
          bundle: sealed,
        },
        { ec2: cloud.ec2, records, clock, signal },
      ),
      verb: 'launching',
      output: values.output,
      junit: values.junit,
      meta: launchMeta(intent, pins),
      launch,
      beacons,
      timeoutMs: role.timeoutMs,
      patterns: role.patterns,
      // Under an id that was given, or that CI names, an earlier run may have launched, with a nonce of its own.
      ...(isNew && { nonce: intent.nonce }),
    },
    cloud,
    host,
  );
}
