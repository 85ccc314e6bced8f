import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { sandbox } from '../support/cli.ts';

export const REGION = 'eu-central-1';
export const BUCKET = 'faults-rolecall';
/** How many of the cloud's seconds pass in one of ours. */
const SPEED = 20;

/** Boots of two of the cloud's seconds. */
const BOXES =
  'pending_ms: 500, kernel_ms: 500, jitter: 0.2, steps: [{ name: metadata, ms: 50 }, { name: personality, ms: 50 }, { name: init, ms: 900 }]';

/** A lasting local cloud of simulated machines, and clients that reach it without a proxy between. */
export interface FaultCloud {
  readonly endpoint: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The text of its cloud.json, by which commands find it. */
  readonly file: Readonly<Record<string, unknown>>;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  down(): Promise<void>;
}

/** The second machine of each batch never ends its init. */
export const SECOND_HANGS = ', outcomes: [{ kind: hangs, step: init, launch_indexes: [1] }]';

/** Brings a cloud up. @param boxes more of their plan: all boots end well without. @param more lines of its faults file */
export async function cloudUp({ boxes = '', more = '' } = {}): Promise<FaultCloud> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const box = sandbox();
  const faults = join(box.home, 'faults.yaml');
  writeFileSync(faults, `seed: 7\nboxes: { ${BOXES}${boxes} }\n${more}`);
  const options = ['--boxes', 'simulated', '--clock-speed', String(SPEED), '--faults', faults];
  const { code, stderr } = await box.run(['local', 'up', ...options]);
  if (code !== 0) throw new Error(`the local cloud did not come up:\n${stderr}`);
  const file = JSON.parse(readFileSync(join(box.home, 'state/rolecall/local/cloud.json'), 'utf8'));
  const keys = { accessKeyId: file.access_key_id, secretAccessKey: file.secret_access_key };
  // A campaign that is interrupted leaves no cloud behind.
  const end = () => process.kill(file.pid);
  process.once('exit', end);
  const config = { endpoint: file.endpoint, region: REGION, credentials: keys, maxAttempts: 5 };
  const ec2 = new EC2Client(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  return {
    endpoint: file.endpoint,
    keys,
    file,
    ec2,
    s3,
    down: async () => {
      process.off('exit', end);
      ec2.destroy();
      s3.destroy();
      await box.run(['local', 'down']);
      box.dispose();
    },
  };
}

/** All machines of a catalogue that the cloud knows, terminated ones too. */
export async function machinesOf({ ec2 }: FaultCloud, catalogue: string): Promise<Instance[]> {
  const Filters = [{ Name: 'tag:rolecall:catalogue', Values: [catalogue] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

/** An object's bytes; undefined where there is none. */
export async function objectAt({ s3 }: FaultCloud, key: string): Promise<Buffer | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

export async function putObject({ s3 }: FaultCloud, key: string, bytes: Buffer): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
}

/** The keys below a prefix. */
export async function keysBelow({ s3 }: FaultCloud, prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}
