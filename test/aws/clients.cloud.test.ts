import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Clients } from '../../src/aws/clients.ts';
import { connectEc2 } from '../../src/aws/ec2.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import type { InstanceId } from '../../src/model.ts';
import { answer, type Reply, WireServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-clients-'));
const asked = join(folder, 'asked');
const ID = 'i-00000000000000001' as InstanceId;
const before = { ...process.env };

beforeAll(() => {
  const keys = JSON.stringify({ Version: 1, AccessKeyId: 'AKIATEST', SecretAccessKey: 'secret' });
  writeFileSync(join(folder, 'helper'), `#!/bin/sh\necho asked >>'${asked}'\necho '${keys}'\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'config'), `[profile helped]\ncredential_process = ${join(folder, 'helper')}\n`);
  writeFileSync(join(folder, 'failing'), `[profile helped]\ncredential_process = /bin/false\n`);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'none');
});
afterEach(() => rmSync(asked, { force: true }));
afterAll(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

const LISTING: Reply = {
  status: 200,
  body: '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>',
  headers: {},
};
const STATUS = answer('DescribeInstanceStatus', '<instanceStatusSet/>');
const helped = () => readFileSync(asked, 'utf8').split('\n').length - 1;

/** Asks EC2 and, in two ways, S3: all at once, with clients of one run or each with its own. */
async function ask(clients?: Clients): Promise<PromiseSettledResult<unknown>[]> {
  const [forEc2, forS3] = await Promise.all([WireServer.start(STATUS), WireServer.start(LISTING)]);
  try {
    const target = { region: 'us-east-1', profile: 'helped' };
    const ec2 = connectEc2({ ...target, endpoint: forEc2.endpoint }, { ...(clients && { clients }) });
    const buckets = [false, true].map((polling) =>
      connectBucket(
        { ...target, endpoint: forS3.endpoint },
        { bucket: 'b', prefix: '' },
        { polling, ...(clients && { clients }) },
      ),
    );
    return await Promise.allSettled([ec2.statusChecks([ID]), ...buckets.map((bucket) => bucket.list(''))]);
  } finally {
    await Promise.all([forEc2.stop(), forS3.stop()]);
  }
}

describe('three connections of one run', () => {
  test('ask a sign-in helper once, though they need its keys at once', async () => {
    const results = await ask(new Clients());
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(helped()).toBe(1);
  });

  test('ask it again where they are of other runs', async () => {
    await ask();
    expect(helped()).toBe(3);
  });

  test('are all told that it failed', async () => {
    process.env['AWS_CONFIG_FILE'] = join(folder, 'failing');
    const results = await ask(new Clients());
    process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'credentials' } });
  });
});
