import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { BoxDriver } from '../../packages/local-cloud/src/box.ts';
import { type Cloud, type CloudOptions, startCloud } from '../../packages/local-cloud/src/cloud.ts';
import { converse } from '../../packages/local-cloud/src/control/connection.ts';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import { scriptedDriver } from './scripted-boxes.ts';

/** The AMI that every test cloud knows. */
export const AMI = 'ami-0123456789abcdef0';

/** A cloud for one test, with the real SDK client pointed at it. `await using` ends it. */
export interface TestCloud extends Cloud, AsyncDisposable {
  readonly ec2: EC2Client;
  /** A client for another region, or with another number of attempts. */
  client(options: {
    readonly region?: string;
    readonly maxAttempts?: number;
    readonly accessKeyId?: string;
  }): EC2Client;
  /** What goes wrong in it: a test may change that while it runs. */
  readonly faults: Faults;
  /** A client for S3 in us-east-1, with its own retries off. */
  readonly s3: S3Client;
  /** Another client for S3. */
  s3Client(config?: S3ClientConfig): S3Client;
  /** Calls the control API with the cloud's key. */
  control(
    method: string,
    path: string,
    json?: unknown,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
  /** What a command needs to call it. */
  readonly reach: {
    readonly endpoint: string;
    readonly control: string;
    readonly pid: number;
    readonly secret_access_key: string;
  };
}

/** Starts a cloud whose image `AMI` is registered; its boxes do nothing unless a driver says what. */
export async function testCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const driver: BoxDriver = options.driver ?? scriptedDriver(() => undefined);
  const folder = options.s3Folder ?? (await mkdtemp(join(tmpdir(), 'rolecall-s3-')));
  const settings = { pendingMs: 5, endingMs: 1 };
  const faults = options.faults ?? {};
  const sockets = await mkdtemp(join(tmpdir(), 'rolecall-control-'));
  const socket = options.control ?? join(sockets, 'control.sock');
  const cloud = await startCloud({ settings, control: socket, ...options, faults, driver, s3Folder: folder });
  const reach = {
    endpoint: cloud.endpoint,
    control: socket,
    pid: process.pid,
    secret_access_key: cloud.credentials.secretAccessKey,
  };
  const control: TestCloud['control'] = (method, path, json) => converse(reach, method, path, { json });
  const clients: { destroy(): void }[] = [];
  const client: TestCloud['client'] = ({ region = 'us-east-1', maxAttempts = 1, accessKeyId }) => {
    const credentials = { ...cloud.credentials, ...(accessKeyId === undefined ? {} : { accessKeyId }) };
    const made = new EC2Client({ endpoint: cloud.endpoint, region, maxAttempts, credentials });
    clients.push(made);
    return made;
  };
  const s3Client: TestCloud['s3Client'] = (config = {}) => {
    const { endpoint, credentials } = cloud;
    const made = new S3Client({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials, ...config });
    clients.push(made);
    return made;
  };
  await control('POST', 'images', { id: AMI, packages: [] });
  return {
    ...cloud,
    faults,
    ec2: client({}),
    client,
    s3: s3Client(),
    s3Client,
    control,
    reach,
    [Symbol.asyncDispose]: async () => {
      for (const each of clients) each.destroy();
      await cloud.stop();
      await rm(sockets, { recursive: true, force: true });
      if (options.s3Folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until `probe` gives something, at most 10 s. */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited 10 s in vain until ${what}`);
}
