import type { Connection } from '../aws/ec2.ts';
import type { AwsTarget, Bucket } from '../aws/ports.ts';
import type { BucketName } from '../aws/s3.ts';
import type { ConnectOptions } from '../aws/session.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { recordsOf } from '../launch/record-places.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { duration } from '../text.ts';
import type { LocalCloud, LocalNeeds } from './local/connect.ts';
import type { Runtime } from './runtime.ts';

/** Finds and reads the catalogue that the arguments name, or the nearest roles.yaml above the current folder. */
export async function openCatalogue(
  values: { readonly catalogue?: string | undefined },
  runtime: Runtime,
): Promise<Catalogue> {
  const { findCatalogue, readCatalogue } = await import('../catalogue/load.ts');
  return readCatalogue(findCatalogue(runtime.cwd, values.catalogue), runtime.cwd);
}

/** Which cloud a use case works with. */
export interface CloudChoice {
  /** The local cloud, in place of AWS. */
  readonly local: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** The catalogue's file as it was named; what is to be run later names it again. */
  readonly catalogue?: string | undefined;
}

/** ONE context of a run: the cloud, with one client for EC2 and one for S3, and what a catalogue has there. */
export interface Session {
  readonly runtime: Runtime;
  readonly catalogue: Catalogue | undefined;
  readonly region: string;
  /** Set where the cloud is the local one. */
  readonly local?: LocalCloud;
  /** Arguments that a later command needs to find the same cloud; undefined where nothing will be left to find. */
  readonly followUp: readonly string[] | undefined;
  readonly ec2: Connection;
  /** The catalogue's; undefined where it names none. */
  readonly bucket: Bucket | undefined;
  /** The same for a loop that asks again anyway; undefined also where the catalogue wants no beacons. */
  readonly beacons: Bucket | undefined;
  readonly records: LaunchRecords;
  /** Who hears what people should know of the connection (a request that is repeated); the user until one is given. */
  onNotice(listener: (text: string) => void): void;
  /** Ends a local cloud that was started for this session alone, with its machines. */
  close(): Promise<void>;
}

/** Where a session is to be. */
export interface SessionPlace {
  readonly choice: CloudChoice;
  readonly region: string;
  readonly catalogue: Catalogue | undefined;
  /** What a local cloud prepares, and is started for where none is up. */
  readonly needs?: LocalNeeds;
}

/** Where machines of a role are launched. @param alone in a local cloud of its own, though another may be up */
export const launchPlace = (
  choice: CloudChoice,
  { region, ami }: Pick<Role, 'region' | 'ami'>,
  catalogue: Catalogue,
  alone = false,
): SessionPlace => ({
  choice,
  region,
  catalogue,
  needs: { alone, image: { catalogue, ami }, ...bucketNeed(catalogue, region) },
});

/** Where objects of the catalogue's bucket are read and written. @throws UsageError where it names none */
export const bucketPlace = (choice: CloudChoice, region: string, catalogue: Catalogue): SessionPlace => ({
  choice,
  region,
  catalogue,
  needs: { bucket: { name: bucketOf(catalogue), region } },
});

const bucketNeed = ({ bucket: name }: Catalogue, region: string): LocalNeeds =>
  name === undefined ? {} : { bucket: { name, region } };

/** Opens a session for as long as the work takes. */
export async function inSession<T>(
  place: SessionPlace,
  runtime: Runtime,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(place, runtime);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Connects to AWS or to the local cloud. Nothing is asked of AWS before the first request. @throws InterruptedError */
export async function openSession(
  { choice, region, catalogue, needs = {} }: SessionPlace,
  runtime: Runtime,
): Promise<Session> {
  if (runtime.signal.aborted) throw new InterruptedError('stopped before anything was asked for');
  // These are slow to load: they begin while a local cloud starts.
  const loading = connectors();
  const cloud = await cloudOf(choice, region, runtime, needs);
  const { connectEc2, connectBucket, Clients } = await loading;
  let notify = (text: string): void => runtime.user.tell(text);
  const tools: ConnectOptions = {
    clients: new Clients(),
    clock: runtime.clock,
    signal: runtime.signal,
    onRetry: ({ message }, pauseMs) => notify(`${message}: asking again in ${duration(pauseMs)}`),
  };
  const { local } = cloud;
  let records: LaunchRecords | undefined;
  const name = catalogue?.bucket === undefined ? undefined : bucketNameOf(catalogue, local);
  const bucketAt = (at: BucketName, more: { readonly polling?: boolean } = {}) =>
    connectBucket(cloud.target, at, { ...tools, ...more });
  return {
    runtime,
    catalogue,
    region,
    ...(local && { local }),
    followUp: cloud.followUp,
    ec2: connectEc2(cloud.target, tools),
    bucket: name && bucketAt(name),
    beacons: name && catalogue?.beacons ? bucketAt(name, { polling: true }) : undefined,
    get records() {
      records ??= recordsOf(
        local,
        name && ((below) => bucketAt({ ...name, prefix: name.prefix + below })),
        runtime.env,
      );
      return records;
    },
    onNotice: (listener) => {
      notify = listener;
    },
    close: async () => await local?.close(),
  };
}

/** One after the other: they have modules in common. */
const connectors = async () => ({
  ...(await import('../aws/ec2.ts')),
  ...(await import('../aws/s3.ts')),
  ...(await import('../aws/clients.ts')),
});

/** The catalogue's bucket, as a use case needs it. @throws UsageError where the catalogue names none */
export function requireBucket({ bucket, catalogue }: Pick<Session, 'bucket' | 'catalogue'>): Bucket {
  if (bucket !== undefined) return bucket;
  throw noBucket(catalogue?.label ?? 'the catalogue');
}

/** The bucket's name in the catalogue. @throws UsageError where it names none */
export function bucketOf({ bucket, label }: Pick<Catalogue, 'bucket' | 'label'>): string {
  if (bucket !== undefined) return bucket;
  throw noBucket(label);
}

const noBucket = (label: string): UsageError =>
  new UsageError(`${label} names no bucket`, {
    hint: 'write bucket: NAME at its top level: builds, their pointers and the records of launches lie there',
  });

/** The catalogue's bucket as requests name it. The local cloud has an account of its own, and is asked for no owner. */
const bucketNameOf = (catalogue: Catalogue, local: LocalCloud | undefined): BucketName => ({
  bucket: bucketOf(catalogue),
  prefix: catalogue.prefix,
  owner: local === undefined ? catalogue.bucketOwner : undefined,
});

interface CloudPlace extends Pick<Session, 'local' | 'followUp'> {
  readonly target: AwsTarget;
}

async function cloudOf(
  { local, profile, region: given, catalogue }: CloudChoice,
  region: string,
  runtime: Runtime,
  needs: LocalNeeds,
): Promise<CloudPlace> {
  const later = [...(catalogue ? ['--catalogue', catalogue] : []), ...(given ? ['--region', given] : [])];
  if (!local)
    return {
      target: { region, ...(profile !== undefined && { profile }) },
      followUp: [...later, ...(profile === undefined ? [] : ['--profile', profile])],
    };
  const { localCloud } = await import('./local/connect.ts');
  const cloud = await localCloud(runtime, needs);
  const { endpoint, accessKeyId, secretAccessKey, ephemeral } = cloud;
  return {
    target: { region, endpoint, credentials: { accessKeyId, secretAccessKey } },
    local: cloud,
    followUp: ephemeral ? undefined : [...later, '--local'],
  };
}
