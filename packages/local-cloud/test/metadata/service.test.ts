import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { metadataService } from '../../src/metadata/service.ts';

const userData = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
let server: Server;
let base: string;
beforeAll(async () => {
  const spec = {
    instanceId: 'i-0123456789abcdef0',
    amiId: 'ami-0123456789abcdef0',
    amiLaunchIndex: 0,
    instanceType: 't3.micro',
    region: 'us-east-1',
    zone: 'us-east-1a',
    privateIp: '10.0.0.4',
    userData,
    httpTokens: 'required',
    tags: {},
    services: {},
  } as const;
  server = createServer(metadataService({ spec, accountId: '000000000000', launchedAt: 0 }, systemClock));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('over HTTP: a token, then user data byte for byte', async () => {
  const put = await fetch(`${base}/latest/api/token`, {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
  });
  const token = await put.text();
  expect(put.headers.get('x-aws-ec2-metadata-token-ttl-seconds')).toBe('60');
  const got = await fetch(`${base}/latest/user-data`, { headers: { 'X-aws-ec2-metadata-token': token } });
  expect(Buffer.from(await got.arrayBuffer())).toEqual(userData);
  const head = await fetch(`${base}/latest/user-data`, {
    method: 'HEAD',
    headers: { 'X-aws-ec2-metadata-token': token },
  });
  expect([head.status, head.headers.get('content-length'), head.headers.get('server')]).toEqual([
    200,
    '512',
    'EC2ws',
  ]);
  expect((await fetch(`${base}/latest/user-data`)).status).toBe(401);
});
