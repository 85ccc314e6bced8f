import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { AwsError } from '../../src/errors.ts';
import type { PathName } from '../../src/model.ts';
import { currentBuild, readBuild } from '../../src/release/current.ts';
import { listBuilds, pointersOf } from '../../src/release/list.ts';
import { checkArchive, promote, rollback } from '../../src/release/move.ts';
import { publish } from '../../src/release/publish.ts';
import type { PublishFile } from '../../src/release/upload.ts';
import { bucketOf, storeBuild } from '../support/archives.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';

const APP = 'shop' as PathName;
const PROD = 'prod' as PathName;
const mover = { by: 'ann@build-7', why: null, now: Date.parse('2026-11-23T10:00:00Z'), id: 'f'.repeat(16) };

let folder: string;
let file: PublishFile;

/** Each command's part in S3. prod deploys v2, after v1; v3 is only a file. */
const VERBS = {
  publish: (bucket: Bucket) => publish(bucket, file),
  promote: (bucket: Bucket) => promote(bucket, APP, PROD, 'v1', mover),
  rollback: (bucket: Bucket) => rollback(bucket, APP, PROD, 'v1', mover),
  list: (bucket: Bucket) => Promise.all([listBuilds(bucket, APP), pointersOf(bucket, APP, [PROD])]),
  launch: (bucket: Bucket) => currentBuild(bucket, APP, PROD),
} as const;
type Verb = keyof typeof VERBS;
const all = Object.keys(VERBS) as Verb[];

const cloudWith = (faults: Faults): Promise<TestCloud> => testCloud({ s3Folder: join(folder, 's3'), faults });
const connected = ({ endpoint, credentials }: TestCloud, region = 'us-east-1'): Bucket =>
  connectBucket(
    { region, endpoint, credentials },
    { bucket: 'shop-rolecall', prefix: '' },
    { clock: hurriedClock() },
  );

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-trouble-'));
  await using cloud = await cloudWith({});
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
  const bucket = bucketOf(cloud);
  const put = (Key: string, Body: Buffer) =>
    cloud.s3.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
  for (const tag of ['v1', 'v2']) {
    await storeBuild(bucket, tag, [{ name: 'version', text: tag }], put);
    await promote(bucket, APP, PROD, tag, { ...mover, id: tag });
  }
  const path = join(folder, 'v3.tar.gz');
  const build = await storeBuild(bucket, 'v3', [{ name: 'version', text: 'v3' }], async (key, bytes) => {
    if (key.endsWith('.gz')) writeFileSync(path, bytes);
  });
  file = { build, path };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function failure(answer: Promise<unknown>): Promise<AwsError> {
  const error = await answer.then(
    () => new Error('nothing went wrong'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof AwsError) return error;
  throw error;
}

/** The pointer is as it was, and what builds there are, are whole; the same command then does its work. */
async function unharmed(verb: Verb, pointer: readonly string[] = ['v2']): Promise<void> {
  await using cloud = await cloudWith({});
  const bucket = connected(cloud);
  const { build } = await currentBuild(bucket, APP, PROD);
  expect(pointer).toContain(build.tag);
  const { builds, damaged } = await listBuilds(bucket, APP);
  expect(damaged).toEqual([]);
  for (const each of builds) await checkArchive(bucket, each);
  await VERBS[verb](bucket);
  if (verb === 'publish') expect(await readBuild(bucket, APP, 'v3')).toEqual(file.build);
  if (verb === 'promote') expect((await currentBuild(bucket, APP, PROD)).build.tag).toBe('v1');
}

const asked: readonly (readonly [Verb, string])[] = [
  ['publish', 'GetObject'],
  ['publish', 'PutObject'],
  ['promote', 'GetObject'],
  ['promote', 'HeadObject'],
  ['promote', 'PutObject'],
  ['rollback', 'GetObject'],
  ['rollback', 'HeadObject'],
  ['rollback', 'PutObject'],
  ['list', 'ListObjectsV2'],
  ['list', 'GetObject'],
  ['launch', 'GetObject'],
];

describe('S3 that refuses', () => {
  test.each(asked)(
    '%s without leave for %s: exit 4, by name, and nothing is changed',
    async (verb, operation) => {
      {
        await using cloud = await cloudWith({ unauthorized: [operation] });
        const error = await failure(VERBS[verb](connected(cloud)));
        expect(error).toMatchObject({ exit: 'aws', kind: 'permission' });
        expect(error.message).toContain('shop-rolecall');
        expect(error.hint).toMatch(/docs\/aws\.md/);
      }
      await unharmed(verb);
    },
  );

  test.each(all.flatMap((verb) => [-3_600_000, 3_600_000].map((skewMs) => [verb, skewMs] as const)))(
    '%s with a clock that is %i ms off goes by the clock of S3',
    async (verb, clockSkewMs) => {
      await using cloud = await cloudWith({ clockSkewMs });
      await VERBS[verb](connected(cloud));
    },
  );

  test.each(all)('%s in another region than the bucket’s: exit 4, and both are named', async (verb) => {
    {
      await using cloud = await cloudWith({});
      const error = await failure(VERBS[verb](connected(cloud, 'eu-west-1')));
      expect(error.exit).toBe('aws');
      expect(error.message).toMatch(/^the bucket shop-rolecall is in us-east-1, not in eu-west-1/);
    }
    await unharmed(verb);
  });
});

const FOR_EVER = ['s3Errors', 'throttle', 'breakOff'] as const;

describe('S3 that has trouble of its own', () => {
  test.each(asked)('%s waits for %s that errs, throttles and breaks off', async (verb, operation) => {
    const once = { [operation]: 1 };
    for (const faults of [
      { s3Errors: once },
      { throttle: once },
      { breakOff: once },
      { dropAnswers: once },
    ]) {
      await using cloud = await cloudWith(faults);
      await VERBS[verb](connected(cloud));
    }
  });

  test.each(['publish', 'promote', 'rollback'] as const)(
    '%s waits for other writes of the key to end, and tells of none that was not',
    async (verb) => {
      {
        await using cloud = await cloudWith({ conflicts: { PutObject: 2 } });
        await VERBS[verb](connected(cloud));
      }
      await unharmed(verb, ['v1', 'v2']);
    },
  );

  test.each(['publish', 'promote', 'rollback'] as const)(
    '%s whose writes meet others for ever: exit 4, and nothing is changed',
    async (verb) => {
      {
        await using cloud = await cloudWith({ conflicts: { PutObject: 1_000_000 } });
        const error = await failure(VERBS[verb](connected(cloud)));
        expect(error).toMatchObject({ exit: 'aws', code: 'ConditionalRequestConflict' });
      }
      await unharmed(verb);
    },
  );

  test.each(asked)(
    '%s with a %s that errs for ever: exit 4, and nothing is changed',
    async (verb, operation) => {
      // What isn't there has no body that could break off: a publish reads nothing else.
      const faults =
        verb === 'publish' && operation === 'GetObject' ? (['s3Errors', 'throttle'] as const) : FOR_EVER;
      for (const fault of faults) {
        await using cloud = await cloudWith({ [fault]: { [operation]: 1_000_000 } });
        expect({ fault, exit: (await failure(VERBS[verb](connected(cloud)))).exit }).toEqual({
          fault,
          exit: 'aws',
        });
      }
      await unharmed(verb);
    },
  );

  test.each(all)(
    '%s with an endpoint that dies at each of its requests: exit 4, then it carries on',
    async (verb) => {
      for (let survived = 0; ; survived += 1) {
        let ended = true;
        {
          await using cloud = await cloudWith({ dieAfterRequests: survived });
          await VERBS[verb](connected(cloud)).catch(async (thrown: unknown) => {
            ended = false;
            expect({ survived, thrown }).toMatchObject({ thrown: { exit: 'aws', kind: 'endpoint' } });
          });
        }
        if (ended) {
          expect(survived).toBeGreaterThan(0);
          break;
        }
        expect(survived).toBeLessThan(20);
      }
      await unharmed(verb, ['v1', 'v2']);
    },
  );
});
