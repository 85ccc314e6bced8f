import { request } from 'node:http';
import { DescribeInstancesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { describeAll, inState, refusal, run, runOne } from '../../../test/support/ec2-calls.ts';
import { AMI, type TestCloud, testCloud } from '../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../test/support/scripted-boxes.ts';
import { presignedPath, signedHeaders } from '../../../test/support/sign.ts';
import type { CloudOptions } from '../src/cloud.ts';
import { CloudError } from '../src/errors.ts';

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A raw HTTP request: fetch would not send a Host of our own. */
function send(
  cloud: TestCloud,
  { method = 'POST', path = '/', headers = {}, body = '' }: Sent,
): Promise<{ status: number; text: string; id: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${cloud.endpoint}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, id: response.headers['x-amzn-requestid'] }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends a request of EC2's with a valid signature, as 127.0.0.1 or under another name. */
function sendSigned(cloud: TestCloud, sent: Sent, host = new URL(cloud.endpoint).host) {
  const { method = 'POST', path = '/', body = '' } = sent;
  const headers = signedHeaders({ method, path, body, host, service: 'ec2', credentials: cloud.credentials });
  return send(cloud, { ...sent, headers });
}

describe('the EC2 endpoint', () => {
  test('refuses by name what it does not know', async () => {
    await using cloud = await testCloud();
    expect(await refusal(cloud.ec2.send(new DescribeVpcsCommand({})))).toBe(
      'InvalidAction (400): The action DescribeVpcs is not valid for this web service.',
    );
  });

  test('answers what is no URL too', async () => {
    await using cloud = await testCloud();
    expect((await send(cloud, { path: '//' })).status).toBe(400);
  });

  test('writes errors as EC2 does, with the request id in text and header', async () => {
    await using cloud = await testCloud();
    const { status, text, id } = await sendSigned(cloud, {
      body: 'Action=Fly%26Away&Version=2016-11-15',
    });
    expect(status).toBe(400);
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>InvalidAction</Code><Message>The action ' +
        'Fly&amp;Away is not valid for this web service.</Message></Error></Errors>' +
        `<RequestID>${String(id)}</RequestID></Response>`,
    );
  });

  test('answers a GET as it does a POST, presigned too', async () => {
    await using cloud = await testCloud();
    const query = 'Action=DescribeInstances&Version=2016-11-15';
    const plain = await sendSigned(cloud, { method: 'GET', path: `/?${query}` });
    const { host } = new URL(cloud.endpoint);
    const signing = {
      method: 'GET',
      path: `/?${query}`,
      host,
      service: 'ec2',
      credentials: cloud.credentials,
    } as const;
    const presigned = await send(cloud, { method: 'GET', path: presignedPath(signing, 60) });
    for (const answer of [plain, presigned]) {
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(
        `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${String(answer.id)}</requestId><reservationSet></reservationSet>`,
      );
    }
  });

  test('knows only its own key', async () => {
    await using cloud = await testCloud();
    const other = cloud.client({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' });
    const refused = 'AuthFailure (401): AWS was not able to validate the provided access credentials';
    expect(await refusal(other.send(new DescribeInstancesCommand({})))).toBe(refused);
    const { status, text } = await send(cloud, { body: 'Action=DescribeInstances' });
    expect([status, text.includes('<Code>AuthFailure</Code>')]).toEqual([401, true]);
  });

  test('names a region that does not exist', async () => {
    await using cloud = await testCloud();
    expect(await refusal(describeAll(cloud.client({ region: 'us-east-9' })))).toBe(
      "AuthFailure (401): Credential should be scoped to a valid region, not 'us-east-9'.",
    );
  });

  test.each(['evil.example', 'evil.example:PORT', '127.0.0.1', '127.0.0.1:1', '[::1]:PORT'])(
    'is not to be called as %s, whatever resolves to it',
    async (name) => {
      await using cloud = await testCloud();
      const host = name.replace('PORT', new URL(cloud.endpoint).port);
      expect((await sendSigned(cloud, { body: 'Action=DescribeInstances' }, host)).status).toBe(403);
    },
  );

  test('may be called as localhost', async () => {
    await using cloud = await testCloud();
    const host = `localhost:${new URL(cloud.endpoint).port}`;
    expect((await sendSigned(cloud, { body: 'Action=DescribeRegions' }, host)).status).toBe(200);
  });

  test('takes no more than 1 MiB', async () => {
    await using cloud = await testCloud();
    expect((await sendSigned(cloud, { body: 'x'.repeat(1_048_577) })).status).toBe(413);
    expect((await sendSigned(cloud, { body: `Action=${'x'.repeat(1_048_569)}` })).status).toBe(400);
  });

  test('gives each cloud keys of its own, and says so when the port is taken', async () => {
    await using one = await testCloud();
    await using two = await testCloud();
    expect(one.credentials).not.toEqual(two.credentials);
    expect(one.credentials.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    const port = Number(new URL(one.endpoint).port);
    const driver = scriptedDriver(() => undefined);
    await expect(testCloud({ driver, port })).rejects.toMatchObject({
      kind: 'usage',
      message: `port ${port} is taken`,
      hint: 'leave --port out for a free one',
    });
  });
});

describe('the control API', () => {
  test('tells how often each operation was asked for, and throttled', async () => {
    const now = Date.now();
    await using cloud = await testCloud({
      time: { now: () => now, monotonic: () => now, sleep: () => new Promise(() => undefined) },
      faults: { throttle: { RunInstances: 1, ListObjectsV2: 1 }, throttling: 'documented' },
    });
    for (let count = 0; count < 7; count++) await refusal(run(cloud.ec2));
    await refusal(cloud.ec2.send(new DescribeVpcsCommand({})));
    await cloud.s3.send(new CreateBucketCommand({ Bucket: 'counted' }));
    const list = () => cloud.s3.send(new ListObjectsV2Command({ Bucket: 'counted' }));
    await expect(list()).rejects.toMatchObject({ name: 'SlowDown' });
    await list();
    await cloud.control('GET', '');
    expect((await cloud.control('GET', 'requests')).json).toEqual({
      // One by the fault, and one that finds EC2's bucket of five empty.
      ec2: { RunInstances: { requests: 7, throttled: 2 }, unknown: { requests: 1, throttled: 0 } },
      s3: { CreateBucket: { requests: 1, throttled: 0 }, ListObjectsV2: { requests: 2, throttled: 1 } },
    });
  });

  test('tells about the cloud', async () => {
    await using cloud = await testCloud();
    await run(cloud.ec2, { MinCount: 2, MaxCount: 2 });
    expect((await cloud.control('GET', '')).json).toEqual({
      endpoint: cloud.endpoint,
      pid: process.pid,
      kind: 'scripted',
      limits: ['nothing runs in these boxes: a test writes their consoles'],
      images: [AMI],
      boxes: 2,
    });
  });

  test.each([
    [{ id: 'web' }, 'id must be an AMI id, as ami-0123456789abcdef0: "web"'],
    [{ id: AMI, overlay: 'image' }, 'overlay must be an absolute path: "image"'],
    [
      { id: AMI, packages: ['memcached', '-o=x'] },
      'packages must be a list of Debian package names: ["memcached","-o=x"]',
    ],
    [{ id: AMI, network: 'yes' }, 'network must be true or false: "yes"'],
    ['no object', 'expected a JSON object {id, overlay?, packages?, network?}'],
  ])('refuses the image %j', async (image, error) => {
    await using cloud = await testCloud();
    const answer = await cloud.control('POST', 'images', image);
    expect([answer.status, answer.json]).toEqual([400, { error }]);
  });

  test('gives machines a network only where their image asks for it', async () => {
    const seen: unknown[] = [];
    const driver = scriptedDriver(({ services }) => void seen.push(services.network));
    await using cloud = await testCloud({ driver });
    for (const more of [{}, { network: true }, { network: false }]) {
      await cloud.control('POST', 'images', { id: AMI, ...more });
      await inState(cloud.ec2, await runOne(cloud.ec2), 'running');
    }
    expect(seen).toEqual([false, true, false]);
  });

  test('passes on why an image could not be built; its id stays unknown', async () => {
    const images = { build: () => Promise.reject(new CloudError('usage', 'no such package: memcachedd')) };
    await using cloud = await testCloud({ images });
    const answer = await cloud.control('POST', 'images', { id: AMI, packages: ['memcachedd'] });
    expect([answer.status, answer.json]).toEqual([422, { error: 'no such package: memcachedd' }]);
    expect(await refusal(run(cloud.ec2))).toMatch(/^InvalidAMIID.NotFound/);
  });

  test('tells an error of the system in the words of who started the cloud; without them it is a defect', async () => {
    const locked = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const images = { build: () => Promise.reject(locked) };
    const explain = (error: unknown) =>
      error === locked ? { message: 'that folder is locked', hint: 'unlock it' } : undefined;
    const ask = async (options: Pick<CloudOptions, 'explain'>) => {
      await using cloud = await testCloud({ images, ...options });
      const { status, json } = await cloud.control('POST', 'images', { id: AMI, packages: [] });
      return [status, json];
    };
    expect(await ask({ explain })).toEqual([422, { error: 'that folder is locked', hint: 'unlock it' }]);
    expect(await ask({ explain: () => undefined })).toEqual([500, { error: 'EACCES: permission denied' }]);
    expect(await ask({})).toEqual([500, { error: 'EACCES: permission denied' }]);
  });

  test('says which machines have a box', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    const box = await cloud.control('GET', `boxes/${id}`);
    expect([box.status, box.json]).toEqual([409, { error: `the machine ${id} is running: it has no box` }]);
    const none = await cloud.control('GET', 'boxes/i-0123456789abcdef0');
    expect([none.status, none.json]).toEqual([
      404,
      { error: 'the local cloud has no machine i-0123456789abcdef0' },
    ]);
    expect((await cloud.control('PUT', 'images')).status).toBe(404);
  });

  test('down ends every box, then answers, then the endpoint is gone', async () => {
    let ended = 0;
    const driver = scriptedDriver((_, { signal }) => {
      signal.addEventListener('abort', () => {
        ended += 1;
      });
    });
    await using cloud = await testCloud({ driver });
    const machines = await run(cloud.ec2, { MinCount: 3, MaxCount: 3 });
    for (const { InstanceId } of machines) await inState(cloud.ec2, InstanceId ?? '', 'running');
    const answer = await cloud.control('POST', 'down');
    expect([answer.status, answer.json, ended]).toEqual([200, { boxes: 3 }, 3]);
    await cloud.ended;
    await expect(describeAll(cloud.client({}))).rejects.toThrow('ECONNREFUSED');
  });
});
