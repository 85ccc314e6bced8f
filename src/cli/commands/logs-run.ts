import { openCatalogue } from '../../actions/catalogue.ts';
import { regionFor } from '../../actions/region.ts';
import {
  bucketPlace,
  type CloudChoice,
  inSession,
  requireBucket,
  type Session,
} from '../../actions/session.ts';
import type { Bucket } from '../../aws/ports.ts';
import { AwsError, type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { readBatches } from '../../launch/book.ts';
import type { LaunchRecords } from '../../launch/records.ts';
import { type InstanceId, isLaunchId, type LaunchId, type Nonce } from '../../model.ts';
import { jsonReport } from '../../reporters/json.ts';
import { write } from '../../terminal/streams.ts';
import { counted, shellWord } from '../../text.ts';
import { type FoundLogs, findLog } from '../../watch/boot-log.ts';
import { launchOfLogKey } from '../../watch/keys.ts';
import { Nonces } from '../../watch/nonce.ts';
import type { Host } from '../context.ts';
import { MachineText } from '../machine-text.ts';

export interface LogsWords extends CloudChoice {
  readonly instance: InstanceId;
  readonly json: boolean;
  /** Whether the text is printed as the machine printed it, escape sequences and all. */
  readonly raw: boolean;
}

/** Prints a machine's boot log. */
export async function runLogs(words: LogsWords, host: Host): Promise<ExitCode> {
  const { instance, json } = words;
  const catalogue = await openCatalogue(words, host);
  const place = bucketPlace(words, await regionFor(words, host), catalogue);
  return await inSession(place, host, async (session) => {
    const bucket = requireBucket(session);
    const { ec2, records } = session;
    const owner = (await ownerByTag(instance, ec2.polling)) ?? (await ownerByKeys(instance, bucket, records));
    if (owner === undefined) throw missing(words, bucket, session);
    const found = await findLog(bucket, { ...owner, instanceId: instance });
    const { log } = found;
    if (log === undefined) throw missing(words, bucket, session, found);
    const { stdout, stderr } = host.terminal;
    if (!log.proved) await write(stderr, `${UNPROVED}\n`);
    const { text } = log;
    if (json)
      await write(
        stdout,
        jsonReport({ instance_id: instance, launch: owner.launch, proved: log.proved, text }),
      );
    else {
      const shown = new MachineText(host, words.raw);
      await write(stdout, shown.next(text) + shown.rest());
    }
    return exitCode('ok');
  });
}

const UNPROVED =
  "warning: EC2 doesn't tell this machine's nonce (it is gone, or its userData may not be read), so nothing proves that it wrote this log";

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
    return { launch, nonce: await nonceOf(() => new Nonces(ec2, launch).of(machine)) };
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
  { instance }: LogsWords,
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
