import type { Bucket } from '../aws/ports.ts';
import { AwsError, UsageError } from '../errors.ts';
import { readBatches } from '../launch/book.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { type InstanceId, isLaunchId, type LaunchId, type Nonce } from '../model.ts';
import { counted, shellWord } from '../text.ts';
import { type BootLog, type FoundLogs, findLog } from '../watch/channels/beacons/boot-log.ts';
import { launchOfLogKey } from '../watch/channels/beacons/keys.ts';
import { recoverNonce } from '../watch/readings.ts';
import { regionFor } from './region.ts';
import type { Runtime } from './runtime.ts';
import {
  bucketPlace,
  type CloudChoice,
  inSession,
  openCatalogue,
  requireBucket,
  type Session,
} from './session.ts';

/** Whose boot log is read. */
export interface LogsInput extends CloudChoice {
  readonly instance: InstanceId;
}

/** A machine's boot log, and the launch that it belongs to. */
export interface MachineLog extends BootLog {
  readonly launch: LaunchId;
}

/**
 * Reads the newest boot log that a machine sent to the bucket.
 * @throws UsageError where the bucket holds none that is believed, or nothing tells whose it is
 */
export async function bootLogOf(input: LogsInput, runtime: Runtime): Promise<MachineLog> {
  const { instance } = input;
  const catalogue = await openCatalogue(input, runtime);
  const place = bucketPlace(input, await regionFor(input, runtime), catalogue);
  return await inSession(place, runtime, async (session) => {
    const bucket = requireBucket(session);
    const { ec2, records } = session;
    const owner = (await ownerByTag(instance, ec2.polling)) ?? (await ownerByKeys(instance, bucket, records));
    if (owner === undefined) throw missing(input, bucket, session);
    const found = await findLog(bucket, { ...owner, instanceId: instance });
    if (found.log === undefined) throw missing(input, bucket, session, found);
    return { ...found.log, launch: owner.launch };
  });
}

/** The launch that a machine belongs to, and what proves its logs where that is known. */
interface Owner {
  readonly launch: LaunchId;
  readonly nonce: Nonce | undefined;
}

/** By the machine's tag; undefined where EC2 has forgotten the machine, or doesn't let us ask. */
async function ownerByTag(instance: InstanceId, ec2: Session['ec2']['polling']): Promise<Owner | undefined> {
  try {
    const machine = await ec2.machine(instance);
    const launch = machine?.tags['rolecall:launch'];
    if (machine === undefined || launch === undefined || !isLaunchId(launch)) return undefined;
    return { launch, nonce: await nonceOf(() => recoverNonce(ec2, launch, instance)) };
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

/** Undefined where EC2 doesn't tell it: a terminated machine has no user data any more. */
async function nonceOf(ask: () => Promise<Nonce | undefined>): Promise<Nonce | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

/**
 * By the launches that have a log of the machine: the one whose records name it, else the only one.
 * @throws UsageError where there are several
 */
async function ownerByKeys(
  instance: InstanceId,
  bucket: Bucket,
  records: LaunchRecords,
): Promise<Owner | undefined> {
  const keys = (await bucket.list('logs/')).map(({ key }) => launchOfLogKey(key, instance));
  const launches = [...new Set(keys.filter((launch) => launch !== undefined))];
  for (const launch of launches) {
    const batches = await readBatches(records, launch);
    const named = batches.some(({ answer }) =>
      answer?.machines.some(({ instance_id: id }) => id === instance),
    );
    if (named) return { launch, nonce: undefined };
  }
  const [launch, ...others] = launches;
  if (launch === undefined) return undefined;
  if (others.length === 0) return { launch, nonce: undefined };
  throw new UsageError(
    `${launches.length} launches have boot logs of ${instance}, and neither EC2 nor their records say whose it is`,
    {
      hint: `read them in the bucket: ${launches.map((one) => bucket.locate(`logs/${one}/${instance}/`)).join(' ')}`,
    },
  );
}

function missing(
  { instance }: LogsInput,
  bucket: Bucket,
  { followUp = [] }: Session,
  found?: FoundLogs,
): UsageError {
  const command = ['rolecall', 'console', instance, ...followUp].map(shellWord).join(' ');
  const { disbelieved = 0 } = found ?? {};
  const ignored =
    disbelieved > 0 ? ` (${counted(disbelieved, 'object')} with a wrong MAC or content ignored)` : '';
  return new UsageError(`${bucket.locate('logs/')} holds no boot log of ${instance}${ignored}`, {
    hint: `only a boot that fails sends one, where the catalogue's beacons are on; see its console: ${command}`,
  });
}
