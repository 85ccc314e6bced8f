import { text as textOf } from 'node:stream/consumers';
import type { Bucket, Ec2 } from '../aws/ports.ts';
import { AwsError, type ExitCode, exitCode, UsageError } from '../errors.ts';
import { write } from '../io/streams.ts';
import { shellWord } from '../io/text.ts';
import type { InstanceId } from '../nouns.ts';
import { jsonReport } from '../report/json.ts';
import { harmlessText } from '../watch/text.ts';
import { bucketIn, bucketOf } from './bucket.ts';
import { openCatalogue } from './catalogue.ts';
import { type CloudWords, connectCloud } from './cloud.ts';
import type { Host } from './host.ts';
import { regionFor } from './region.ts';

export interface LogsWords extends CloudWords {
  readonly instance: InstanceId;
  readonly json: boolean;
}

/** Prints a machine's boot log: its bytes into a pipe; a terminal gets nothing that could act on it. */
export async function runLogs(words: LogsWords, host: Host): Promise<ExitCode> {
  const { instance, json } = words;
  const catalogue = await openCatalogue(words, host);
  const name = bucketOf(catalogue);
  const region = await regionFor(words, host);
  const cloud = await connectCloud(words, region, host, { bucket: { name, region } });
  try {
    const bucket = await bucketIn(cloud, catalogue);
    const key = (await keyByTag(instance, cloud.ec2.polling)) ?? (await keyByListing(instance, bucket));
    const body = key === undefined ? undefined : await bucket.read(key);
    if (key === undefined || body === undefined) throw missing(words, bucket, cloud.followUp ?? []);
    const text = await textOf(body);
    const { stdout } = host.terminal;
    if (json)
      await write(stdout, jsonReport({ instance_id: instance, launch: key.split('/')[1] ?? '', text }));
    else await write(stdout, stdout.isTTY ? harmlessText(text) : text);
    return exitCode('ok');
  } finally {
    await cloud.close();
  }
}

/** By the launch that the machine's tag names; undefined where EC2 has forgotten it, or doesn't let us ask. */
async function keyByTag(instance: InstanceId, ec2: Pick<Ec2, 'machine'>): Promise<string | undefined> {
  try {
    const launch = (await ec2.machine(instance))?.tags['rolecall:launch'];
    return launch === undefined ? undefined : `logs/${launch}/${instance}`;
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

/** The newest of this machine's, should several launches have one. */
async function keyByListing(instance: InstanceId, bucket: Bucket): Promise<string | undefined> {
  const logs = (await bucket.list('logs/')).filter(({ key }) => key.endsWith(`/${instance}`));
  return logs.sort((one, other) => other.modifiedAt - one.modifiedAt)[0]?.key;
}

function missing({ instance }: LogsWords, bucket: Bucket, followUp: readonly string[]): UsageError {
  const command = ['rolecall', 'console', instance, ...followUp].map(shellWord).join(' ');
  return new UsageError(`${bucket.locate('logs/')} holds no boot log of ${instance}`, {
    hint: `only a boot that fails sends one, where the catalogue's beacons are on; see its console: ${command}`,
  });
}
