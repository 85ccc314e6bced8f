import { EC2Client } from '@aws-sdk/client-ec2';
import type { BoxDriver } from '../../src/local/box.ts';
import { type Cloud, type CloudOptions, startCloud } from '../../src/local/cloud.ts';
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
  /** Calls the control API with the cloud's key. */
  control(method: string, path: string, json?: unknown): Promise<Response>;
}

/** Starts a cloud whose image `AMI` is registered; its boxes do nothing unless a driver says what. */
export async function testCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const driver: BoxDriver = options.driver ?? scriptedDriver(() => undefined);
  const cloud = await startCloud({ settings: { pendingMs: 5, endingMs: 1 }, ...options, driver });
  const control = (method: string, path: string, json?: unknown) =>
    fetch(`${cloud.endpoint}/_rolecall/${path}`, {
      method,
      headers: { authorization: `Bearer ${cloud.credentials.secretAccessKey}` },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  const clients: EC2Client[] = [];
  const client: TestCloud['client'] = ({ region = 'us-east-1', maxAttempts = 1, accessKeyId }) => {
    const credentials = { ...cloud.credentials, ...(accessKeyId === undefined ? {} : { accessKeyId }) };
    const made = new EC2Client({ endpoint: cloud.endpoint, region, maxAttempts, credentials });
    clients.push(made);
    return made;
  };
  await control('POST', 'images', { id: AMI, packages: [] });
  return {
    ...cloud,
    ec2: client({}),
    client,
    control,
    [Symbol.asyncDispose]: async () => {
      for (const each of clients) each.destroy();
      await cloud.stop();
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
