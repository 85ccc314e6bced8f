import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import { ACCOUNT as LOCAL_ACCOUNT, subnetsOf } from '../../packages/local-cloud/src/geography.ts';
import { simulatedDriver } from '../../packages/local-cloud/src/simulated/driver.ts';
import { systemClock } from '../../src/clock.ts';
import { ec2Authorizations, s3Authorizations, type Tags } from '../support/authorizations.ts';
import { sandbox } from '../support/cli.ts';
import { DOCUMENTED, documentedPolicy } from '../support/documented-policies.ts';
import { describeAll } from '../support/ec2-calls.ts';
import { decide, type Policy } from '../support/iam.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { writeModule } from '../support/modules.ts';
import { type Recorder, recorder } from '../support/recorder.ts';
import { type Repository, repository } from '../support/repository.ts';

const { region, bucket, catalogue, ami, securityGroup, keyName, instanceProfile } = DOCUMENTED;
const SUBNET = subnetsOf(region)[0]?.id ?? '';

/** A policy with the local cloud's subnet in the place of the documented one, as readers put theirs. */
const policy = (name: Parameters<typeof documentedPolicy>[0]): Policy =>
  JSON.parse(JSON.stringify(documentedPolicy(name)).replaceAll(DOCUMENTED.subnet, SUBNET));
const LAUNCHING = [policy('ec2'), policy('launch')];
const RELEASING = [policy('release')];

/** The second machine of each batch fails its init. */
const FAULTS: Faults = {
  boxes: {
    pendingMs: 100,
    kernelMs: 100,
    jitter: 0,
    steps: [
      { name: 'metadata', ms: 20 },
      { name: 'init', ms: 20 },
    ],
    outcomes: [{ kind: 'failed', launchIndexes: [1] }],
  },
};

const box = sandbox();
let cloud: TestCloud;
let recorded: Recorder;
let shop: Repository;
/** The statements that allowed something so far. */
const used = new Set<string>();

const roles = (type: string, owner = LOCAL_ACCOUNT) =>
  writeFileSync(
    join(box.home, 'roles.yaml'),
    `version: 1
name: ${catalogue}
region: ${region}
ami: ${ami}
bucket: ${bucket}
bucket_owner: "${owner}"
apps: { shop: { repository: ${shop.path} } }
defaults:
  instance_type: ${type}
  subnet: ${SUBNET}
  security_groups: [${securityGroup}]
  key_name: ${keyName}
  timeout: 2m
  tags: { team: search, cost_center: a }
environments: { prod: {} }
contexts: { a: {} }
roles:
  web: {}
  app: { app: shop, instance_profile: ${instanceProfile} }
  cheap: { spot: true }
  bundled: { modules: [hello] }
`,
  );

beforeAll(async () => {
  recorded = recorder();
  cloud = await testCloud({ driver: simulatedDriver(systemClock, FAULTS), faults: FAULTS });
  const s3 = cloud.s3Client({ region });
  const CreateBucketConfiguration = { LocationConstraint: region } as const;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
  shop = repository();
  roles('t3.micro');
  writeModule(box.home, 'hello', 'echo hello');
});
afterAll(async () => {
  recorded[Symbol.dispose]();
  await cloud[Symbol.asyncDispose]();
  shop.dispose();
  box.dispose();
});

const env = () => ({
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
});

/** Runs a command, and holds all that it asked for against policies. */
async function held(policies: readonly Policy[], argv: readonly string[], codes: readonly number[] = [0]) {
  const from = { ec2: recorded.ec2.length, s3: recorded.s3.length };
  const { code, stdout, stderr } = await box.run(argv, { env: env(), cwd: box.home });
  const asked = { ec2: recorded.ec2.slice(from.ec2), s3: recorded.s3.slice(from.s3) };
  expect({ argv, expected: codes.includes(code ?? -1), stderr }).toEqual({ argv, expected: true, stderr });
  const tags = await tagsOfAll();
  const authorizations = [
    ...asked.ec2.flatMap((form) => ec2Authorizations(form, (id) => tags.get(id) ?? {})),
    ...asked.s3.flatMap(s3Authorizations),
  ];
  const refused = authorizations.filter((each) => {
    const { decision, by } = decide(policies, each);
    if (by !== undefined) used.add(by);
    return decision !== 'allowed';
  });
  expect({ argv, refused }).toEqual({ argv, refused: [] });
  for (const { isOwn, owner, url } of asked.s3)
    expect({ url, owner }).toEqual({ url, owner: isOwn ? LOCAL_ACCOUNT : undefined });
  return { stdout, actions: new Set(authorizations.map(({ action }) => action)) };
}

async function tagsOfAll(): Promise<ReadonlyMap<string, Tags>> {
  const machines = await describeAll(cloud.client({ region }));
  return new Map(
    machines.map(({ InstanceId = '', Tags = [] }) => [
      InstanceId,
      Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    ]),
  );
}

const FLEET = ['--role', 'web', '--env', 'prod', '--context', 'a'];
const of = (role: string) => FLEET.map((word) => (word === 'web' ? role : word));

describe('the documented policies allow all that rolecall asks for:', () => {
  test('releases', async () => {
    shop.write('init/a/bootstrapper.sh', '#!/bin/bash\ntrue\n', 0o755);
    shop.commit();
    shop.git('tag', 'v1');
    const app = ['--app', 'shop'];
    await held(RELEASING, ['release', 'build', 'v1', ...app]);
    await held(RELEASING, ['release', 'publish', 'v1', ...app, '--env', 'prod']);
    shop.write('large', randomBytes(66 * 1024 * 1024));
    shop.commit();
    shop.git('tag', 'v2');
    const { actions } = await held(RELEASING, ['release', 'publish', 'v2', ...app]);
    expect(actions).toContain('s3:ListBucketMultipartUploads');
    // Published again: what is there is compared.
    await held(RELEASING, ['release', 'publish', 'v2', ...app]);
    await held(RELEASING, ['release', 'promote', 'v2', ...app, '--env', 'prod']);
    await held(RELEASING, ['release', 'rollback', ...app, '--env', 'prod']);
    await held(RELEASING, ['release', 'list', ...app]);
    await held(RELEASING, ['release', 'show', 'v1', ...app]);
    await held(RELEASING, ['release', 'show', 'v3', ...app], [2]);
    await held(RELEASING, ['release', 'history', ...app, '--env', 'prod']);
    await held(RELEASING, ['release', 'history', ...app, '--env', 'staging'], [0, 2]);
  });

  test('launches: of one machine, of several, of an app with a profile, of spot machines, of a bundle', async () => {
    const launched = await held(
      LAUNCHING,
      ['launch', ...FLEET, '--count', '2', '--launch-id', 'two', '--output', 'json'],
      [3],
    );
    expect(launched.actions).toContain('ec2:CreateTags');
    await held(LAUNCHING, ['launch', ...of('app'), '--launch-id', 'app']);
    await held(LAUNCHING, ['launch', ...of('cheap'), '--launch-id', 'cheap']);
    await held(LAUNCHING, ['launch', ...of('bundled'), '--launch-id', 'bundled']);
    await held(LAUNCHING, ['plan', ...of('app')]);
    await held(LAUNCHING, ['plan', ...of('bundled')]);
    await held(LAUNCHING, ['render', ...of('bundled')]);
    await held(LAUNCHING, ['bundle', 'publish', ...of('bundled')]);
    // The same again goes on with what is recorded.
    await held(LAUNCHING, ['launch', ...FLEET, '--count', '2', '--launch-id', 'two'], [3]);
    const { machines } = JSON.parse(launched.stdout);
    const failed = machines.find(({ verdict }: { verdict: string }) => verdict === 'failed');
    await held(LAUNCHING, ['watch', 'two'], [3]);
    await held(LAUNCHING, ['console', failed.instance_id]);
    await held(LAUNCHING, ['logs', failed.instance_id]);
    await held(LAUNCHING, ['status']);
  });

  test('fleets: out, in, replaced, stopped, ended', async () => {
    await held(LAUNCHING, ['terminate', 'two', '--yes']);
    await held(LAUNCHING, ['scale', ...FLEET, '--to', '2', '--wave', '1', '--yes']);
    roles('t3.small');
    await held(LAUNCHING, ['replace', ...FLEET, '--dry-run']);
    await held(LAUNCHING, ['replace', ...FLEET, '--wave', '1', '--yes']);
    await held(LAUNCHING, ['scale', ...FLEET, '--to', '1', '--yes']);
    const { actions } = await held(
      LAUNCHING,
      ['scale', ...FLEET, '--to', '3', '--no-canary', '--max-failures', '5', '--on-failure', 'stop', '--yes'],
      [3],
    );
    expect(actions).toContain('ec2:StopInstances');
    await held(LAUNCHING, ['status', '--output', 'json']);
    await held(LAUNCHING, ['terminate', '--fleet', ...FLEET, '--yes']);
  });

  test('and in a bucket of another account nothing is done', async () => {
    roles('t3.small', '111111111111');
    const machines = (await tagsOfAll()).size;
    for (const argv of [
      ['launch', ...FLEET],
      ['launch', ...of('bundled')],
      ['launch', ...of('app')],
      ['scale', ...FLEET, '--to', '1', '--yes'],
      ['bundle', 'publish', ...of('bundled')],
      ['release', 'publish', 'v1', '--app', 'shop', '--tag', 'v9'],
      ['release', 'list', '--app', 'shop'],
    ]) {
      const { code, stderr } = await box.run(argv, { env: env(), cwd: box.home });
      expect({ argv, code, stderr }).toEqual({
        argv,
        code: 4,
        stderr: expect.stringMatching(/may not do \w+ in the bucket shop-rolecall[\s\S]*bucket_owner/),
      });
    }
    expect((await tagsOfAll()).size).toBe(machines);
    roles('t3.small');
  });

  test('and allow nothing that no command asks for, but for uploads that are gone on with', () => {
    const statements = [...LAUNCHING, ...RELEASING].flatMap(({ Statement }) => Statement);
    const idle = statements.map(({ Sid }) => Sid).filter((sid) => !used.has(sid));
    expect(idle.sort()).toEqual(['FindLargeBundles', 'GoOnWithLargeBundles', 'GoOnWithUploads']);
  });
});
