import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { simulatedDriver } from '../../packages/local-cloud/src/simulated/driver.ts';
import { acceleratedClock } from '../../src/clock.ts';
import { bucketOf, storeBuild } from '../support/archives.ts';
import { sandbox } from '../support/cli.ts';
import { AMI, type TestCloud, testCloud } from '../support/local-cloud.ts';
import { type Repository, repository } from '../support/repository.ts';

const BUCKET = 'shop-rolecall';
const box = sandbox();
let cloud: TestCloud;
let repo: Repository;
/** What `release publish` told of v1, and what somebody put in its place. */
let published: string;
let replaced: string;

const FLEET = ['--role', 'web', '--env', 'prod', '--context', 'b'];
const rolecall = (...args: string[]) =>
  box.run([...args, '--catalogue', join(repo.path, 'roles.yaml')], {
    env: {
      AWS_ENDPOINT_URL_EC2: cloud.endpoint,
      AWS_ENDPOINT_URL_S3: cloud.endpoint,
      AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
    },
  });
const machines = async () =>
  ((await cloud.ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).flatMap(
    ({ Instances }) => Instances ?? [],
  ).length;

beforeAll(async () => {
  const time = acceleratedClock({ originMs: Date.now(), speed: 20 });
  cloud = await testCloud({ driver: simulatedDriver(time, {}), time });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  repo = repository();
  repo.write('init/b/bootstrapper.sh', '#!/bin/bash\n', 0o755);
  repo.commit();
  repo.git('tag', 'v1');
  writeFileSync(
    join(repo.path, 'roles.yaml'),
    `version: 1
name: shop
region: us-east-1
ami: ${AMI}
bucket: ${BUCKET}
apps: { shop: }
defaults: { instance_type: t3.micro, timeout: 15m }
environments: { prod: }
contexts: { b: }
roles: { web: { app: shop }, plain: }
`,
  );
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  box.dispose();
  repo.dispose();
});

test('publish tells the SHA-256, and a launch with it goes ahead', async () => {
  const { code, stdout } = await rolecall('release', 'publish', 'v1', '--env', 'prod');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ {2}SHA-256 [0-9a-f]{64}$/m) });
  published = / SHA-256 ([0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
  const args = ['--launch-id', 'first', '--build', 'v1', '--build-sha256', published.toUpperCase()];
  const launched = await rolecall('launch', ...FLEET, ...args);
  expect({ code: launched.code, stdout: launched.stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/with build v1 \(its manifest says commit [0-9a-f]{12}\)/),
  });
});

test('an archive that is not what its manifest tells is not published', async () => {
  const archive = join(repo.path, 'built.tar.gz');
  expect(await rolecall('release', 'build', 'v1', '--tag', 'v0', '--file', archive)).toMatchObject({
    code: 0,
  });
  const manifest = readFileSync(`${archive}.json`, 'utf8');
  const told = (field: string) => new RegExp(`("${field}": )"?\\w+"?`);
  for (const [field, value, what] of [
    ['tar_sha256', `"${'a'.repeat(64)}"`, 'SHA-256 of its tar'],
    ['sha256', `"${'b'.repeat(64)}"`, 'SHA-256'],
    ['size', '5', 'size'],
  ] as const) {
    writeFileSync(`${archive}.json`, manifest.replace(told(field), `$1${value}`));
    const { code, stderr } = await rolecall('release', 'publish', '--archive', archive);
    expect({ field, code, stderr }).toEqual({
      field,
      code: 2,
      stderr: expect.stringContaining(`is not what its manifest tells: its ${what} is `),
    });
  }
  writeFileSync(`${archive}.json`, manifest);
  expect(await rolecall('release', 'publish', '--archive', archive)).toMatchObject({ code: 0 });
});

describe('after somebody replaced archive and manifest under the tag', () => {
  beforeAll(async () => {
    const put = (Key: string, Body: Buffer) =>
      cloud.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    replaced = (await storeBuild(bucketOf(cloud), 'v1', [{ name: 'evil', text: 'x' }], put)).sha256;
  });

  test.each([
    ['launch', ['launch', ...FLEET]],
    ['launch of the tag', ['launch', ...FLEET, '--build', 'v1']],
    ['plan', ['plan', ...FLEET]],
    ['render', ['render', ...FLEET]],
    ['scale', ['scale', ...FLEET, '--to', '3']],
    ['scale --dry-run', ['scale', ...FLEET, '--to', '3', '--dry-run']],
    ['replace', ['replace', ...FLEET, '--all']],
  ])('%s --build-sha256 ends with exit 6 and both hashes, and launches nothing', async (_name, args) => {
    const before = await machines();
    const { code, stderr } = await rolecall(...args, '--build-sha256', published);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(
        new RegExp(`--build-sha256 names; nothing was launched\\n.*${published}\\n.*${replaced}\\n`),
      ),
    });
    expect(await machines()).toBe(before);
  });

  test('a launch that goes on is told that its build is another one now, also with --build', async () => {
    for (const more of [[], ['--build', 'v1']]) {
      const { code, stderr } = await rolecall(
        'launch',
        ...FLEET,
        '--launch-id',
        'first',
        '--count',
        '1',
        ...more,
      );
      expect({ more, code, stderr }).toEqual({
        more,
        code: 6,
        stderr: expect.stringMatching(/this launch was begun with build v1, which is another one now/),
      });
    }
  });

  test('publish of the tag ends with exit 6, though the commit is the same', async () => {
    const { code, stderr } = await rolecall('release', 'publish', 'v1');
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(
        /another build v1 of shop already.*\n.*they differ in evil, init\/b\/bootstrapper\.sh/,
      ),
    });
  });
});

test.each([
  [['launch', ...FLEET, '--build-sha256', 'abc'], /--build-sha256 must be 64 hex digits, not "abc"/],
  [['scale', ...FLEET, '--to', '1', '--build-sha256', ''], /--build-sha256/],
  [
    ['launch', '--role', 'plain', '--env', 'prod', '--context', 'b', '--build-sha256', 'a'.repeat(64)],
    /the role plain deploys no app, so --build-sha256 means nothing/,
  ],
  [
    ['plan', ...FLEET, '--build-dir', '.', '--build-sha256', 'a'.repeat(64)],
    /--build-dir names a build, and so does/,
  ],
])('%j is refused', async (args, expected) => {
  const { code, stderr } = await rolecall(...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(expected) });
});
