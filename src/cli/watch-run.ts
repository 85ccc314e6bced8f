import type { Catalogue } from '../catalogue/catalogue.ts';
import { timeoutOverride } from '../catalogue/overrides.ts';
import { DEFAULT_TIMEOUT_MS } from '../catalogue/role.ts';
import { AwsError, type ExitCode, RolecallError, UsageError } from '../errors.ts';
import { type LaunchRecord, readBatches, readLaunch } from '../launch/book.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { LaunchId, Machine } from '../nouns.ts';
import type { LaunchMeta } from '../report/document.ts';
import type { OutputFormat } from '../report/progress.ts';
import { beaconStore } from './bucket.ts';
import { openCatalogue, roleFrom } from './catalogue.ts';
import { type Cloud, type CloudWords, connectCloud, findPlace } from './cloud.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import { networkOf } from './local-connect.ts';
import { recordsOf } from './records.ts';
import { regionFor } from './region.ts';
import type { ReportWords } from './reports.ts';

export interface WatchWords extends CloudWords, ReportWords {
  readonly launch: LaunchId;
  readonly timeout?: string | undefined;
  readonly output: OutputFormat;
}

/** Follows a launch that this or another machine began: what it is comes from its record, else from its tags. */
export async function runWatch(words: WatchWords, host: Host): Promise<ExitCode> {
  // Before anything is asked for: a mistyped duration is no matter of AWS's.
  const givenMs = words.timeout === undefined ? DEFAULT_TIMEOUT_MS : timeoutOverride(words.timeout);
  const catalogue = await catalogueFor(words, host);
  const bucketRegion = words.region ?? catalogue?.region;
  // The record may tell of another region than the catalogue: it is read first, where it lies on this computer.
  const place = await findPlace(words, bucketRegion ?? (await regionFor(words, host, ANY_REGION)), host, {});
  const records = await recordsOf(place, catalogue, host);
  const record = await readableRecord(records, words.launch);
  const region = words.region ?? record?.region ?? (await regionFor(words, host));
  const cloud = await connectCloud(words, region, host);
  try {
    const meta = record === undefined ? await metaFromTags(words.launch, region, cloud) : metaOf(record);
    const { timeoutMs, patterns } = await judging(words, meta, givenMs, catalogue);
    const requested = record?.requested;
    const launched = record === undefined ? undefined : await launchedOf(records, words.launch);
    const machines = record === undefined ? undefined : await withoutReplaced(record, words.launch, cloud);
    return await follow(
      {
        ...(requested !== undefined && { requested }),
        ...(launched !== undefined && { launched }),
        ...(machines !== undefined && { machines }),
        verb: 'watching',
        output: words.output,
        junit: words.junit,
        launch: words.launch,
        meta,
        beacons: await beaconStore(cloud, catalogue),
        network: words.local && catalogue !== undefined ? networkOf(catalogue) : undefined,
        timeoutMs,
        patterns,
      },
      cloud,
      host,
    );
  } finally {
    await cloud.close();
  }
}

/** Only where the record is looked for: it tells the launch's own region. */
const ANY_REGION = 'us-east-1';

/** The catalogue, where there is one; watching needs none. @throws UsageError for one that was named and is wrong */
async function catalogueFor(words: WatchWords, host: Host): Promise<Catalogue | undefined> {
  try {
    return await openCatalogue(words, host);
  } catch (error) {
    if (!(error instanceof RolecallError) || words.catalogue !== undefined) throw error;
    return undefined;
  }
}

/** The launch's record; undefined where there is none, or where these credentials may watch and not read the bucket. */
async function readableRecord(records: LaunchRecords, launch: LaunchId): Promise<LaunchRecord | undefined> {
  try {
    return await readLaunch(records, launch);
  } catch (error) {
    if (error instanceof AwsError && (error.kind === 'permission' || error.kind === 'invalid'))
      return undefined;
    throw error;
  }
}

/** How many machines EC2 has given; undefined while a batch is open. */
async function launchedOf(records: LaunchRecords, launch: LaunchId): Promise<number | undefined> {
  const answers = (await readBatches(records, launch)).map(({ answer }) => answer?.machines.length);
  return answers.reduce(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}

/**
 * The living machines, where there are as many as were asked for: then those that ended were replaced when the launch
 * was run again, and are no part of it any more.
 */
async function withoutReplaced(
  { requested }: LaunchRecord,
  launch: LaunchId,
  { ec2 }: Cloud,
): Promise<readonly Machine[] | undefined> {
  const machines = await ec2.machinesOfLaunch(launch);
  const living = machines.filter(({ state }) => state !== 'terminated' && state !== 'shutting-down');
  return living.length < machines.length && living.length >= requested ? living : undefined;
}

const metaOf = (record: LaunchRecord): LaunchMeta => ({
  id: record.launch,
  catalogue: record.catalogue,
  role: record.role,
  environment: record.environment,
  context: record.context,
  catalogue_sha256: record.catalogue_sha256,
  region: record.region,
  ami: record.ami,
  ...(record.build && { build: record.build }),
  ...(record.bundle && { bundle_sha256: record.bundle.sha256 }),
});

async function metaFromTags(launch: LaunchId, region: string, { ec2 }: Cloud): Promise<LaunchMeta> {
  const [machine] = await ec2.machinesOfLaunch(launch);
  if (machine === undefined) {
    throw new UsageError(`EC2 knows no machine of launch ${launch} in ${region}`, {
      hint: 'check the id, --region and --profile; EC2 forgets terminated machines after about an hour',
    });
  }
  const tag = (name: string) => machine.tags[`rolecall:${name}`] ?? '';
  return {
    id: launch,
    catalogue: tag('catalogue'),
    role: tag('role'),
    environment: tag('environment'),
    context: tag('context'),
    catalogue_sha256: '',
    region,
    ami: amiOf(machine),
    ...(tag('build') !== '' && {
      build: { tag: tag('build'), app: null, commit: null, sha256: null, created: null },
    }),
  };
}

const amiOf = (machine: Machine): string => machine.imageId ?? '';

/** How long to wait and what patterns count: the catalogue's word where it still has the role, else the defaults. */
async function judging(
  words: WatchWords,
  meta: LaunchMeta,
  withoutCatalogueMs: number,
  catalogue: Catalogue | undefined,
) {
  try {
    if (catalogue === undefined) return { timeoutMs: withoutCatalogueMs, patterns: {} };
    const { timeoutMs, patterns } = await roleFrom(catalogue, meta, { timeout: words.timeout });
    return { timeoutMs, patterns };
  } catch (error) {
    // The role may be gone from it; but a catalogue that was named must be right.
    if (!(error instanceof RolecallError) || words.catalogue !== undefined) throw error;
    return { timeoutMs: withoutCatalogueMs, patterns: {} };
  }
}
