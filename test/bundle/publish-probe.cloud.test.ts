import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, describe, expect, test } from '@jest/globals';
import { probeUrl } from '../../src/bundle/publish.ts';
import { testCloud } from '../support/local-cloud.ts';

const { signal } = new AbortController();
const probe = (url: string) => probeUrl(url, signal, [1, 1]);

test('a URL of S3 that has expired, leads to nothing or to something else is found out', async () => {
  await using cloud = await testCloud();
  const place = { Bucket: 'probe-rolecall', Key: 'bundles/x/y' };
  await cloud.s3.send(new CreateBucketCommand({ Bucket: place.Bucket }));
  const url = await getSignedUrl(cloud.s3, new GetObjectCommand(place), { expiresIn: 60 });
  expect(await probe(url)).toEqual({ reason: expect.stringMatching(/^404 NoSuchKey/), passing: false });
  await cloud.s3.send(new PutObjectCommand({ ...place, Body: 'Salt but no bundle' }));
  expect(await probe(url)).toEqual({ reason: 'something else lies there', passing: false });
  await cloud.s3.send(new PutObjectCommand({ ...place, Body: 'Salted__and more' }));
  expect(await probe(url)).toBeUndefined();
  const expired = { expiresIn: 60, signingDate: new Date(Date.now() - 3_600_000) };
  expect(await probe(await getSignedUrl(cloud.s3, new GetObjectCommand(place), expired))).toEqual({
    reason: '403 AccessDenied Request has expired',
    passing: false,
  });
});

describe('of another server', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** The URL of a server that answers by one of these a request, the last one for ever; and how often it was asked. */
  async function serving(...answers: readonly RequestListener[]) {
    let asked = 0;
    server = createServer((request, response) => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      answer?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
  }

  const sends =
    (status: number, body = ''): RequestListener =>
    (_request, response) =>
      response.writeHead(status).end(body);
  const drops: RequestListener = (request) => request.socket.destroy();

  test('trouble that passes is waited out', async () => {
    const { url, asked } = await serving(sends(503, '<Code>SlowDown</Code>'), drops, sends(206, 'Salted__'));
    expect(await probe(url)).toBeUndefined();
    expect(asked()).toBe(3);
  });

  test('trouble that stays is told as such', async () => {
    const { url, asked } = await serving(
      sends(500),
      sends(503, '<Error><Code>SlowDown</Code><Message>Less.</Message></Error>'),
    );
    expect(await probe(url)).toEqual({ reason: '503 SlowDown Less.', passing: true });
    expect(asked()).toBe(3);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await probe(url)).toEqual({ reason: expect.stringMatching(/ECONNREFUSED/), passing: true });
  });

  test('a refusal is asked for once', async () => {
    const { url, asked } = await serving(sends(403));
    expect(await probe(url)).toEqual({ reason: '403', passing: false });
    expect(asked()).toBe(1);
  });

  test('which knows no ranges, no more than the beginning is read', async () => {
    let closed: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url } = await serving((_request, response) => {
      response.on('close', closed);
      response.writeHead(200).write(`Salted__${'x'.repeat(1000)}`);
    });
    expect(await probe(url)).toBeUndefined();
    await ended;
  });

  test('an interruption ends it', async () => {
    const abort = new AbortController();
    const { url } = await serving(() => abort.abort());
    expect(await probeUrl(url, abort.signal)).toMatchObject({ passing: true });
  });
});
