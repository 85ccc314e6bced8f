import { chmodSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DescribeInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { simulatedDriver } from '../../packages/local-cloud/src/simulated/driver.ts';
import { acceleratedClock } from '../../src/clock.ts';
import { sandbox } from '../support/cli.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { writeModule } from '../support/modules.ts';
import { AMI } from '../support/rehearsal.ts';
import { repository } from '../support/repository.ts';

const box = sandbox();
const repo = repository();
let cloud: TestCloud;
beforeAll(async () => {
  const time = acceleratedClock({ originMs: Date.now(), speed: 20 });
  cloud = await testCloud({ driver: simulatedDriver(time, {}), time });
  for (const Bucket of [BUCKET, LONG_BUCKET]) await cloud.s3.send(new CreateBucketCommand({ Bucket }));
  repo.write('init/b/bootstrapper.sh', '#!/bin/bash\n', 0o755);
  repo.commit();
  repo.git('tag', 'v1');
  for (const catalogue of [SHORT, LONG]) {
    const words = ['release', 'publish', 'v1', '--env', 'prod', '--catalogue', catalogue];
    const { code, stderr } = await box.run(words, { env: keys() });
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  box.dispose();
  repo.dispose();
});

const BUCKET = 'previews';
const LONG_BUCKET = `previews-${'b'.repeat(54)}`;
const LONG_PREFIX = `${'p'.repeat(60)}/${'q'.repeat(60)}/`;
/** As long as those of OIDC, SSO and chained roles. */
const token = (length: number) => `${'IQoJb3JpZ2luX2VjE+/'.padEnd(length - 2, 'xY9')}==`;

/** Leaves no room for beacons. */
const FULL = Array.from({ length: 15 }, (_, index) => `k${index}: ${'v'.repeat(1_000)}`).join(', ');

writeModule(box.home, 'queue', 'true');
const catalogueOf = (name: string, lines: string) => {
  const path = join(box.home, name);
  writeFileSync(
    path,
    `version: 1
name: previews
region: us-east-1
ami: ${AMI}
${lines}
apps: { shop: { repository: ${relative(box.home, repo.path)} } }
defaults: { instance_type: t3.micro, timeout: 15m }
environments: { prod: }
contexts: { b: }
roles: { web: , shop: { app: shop }, queue: { modules: [queue] }, full: { personality: { ${FULL} } } }
`,
  );
  return path;
};
const SHORT = catalogueOf('short.yaml', `bucket: ${BUCKET}`);
const LONG = catalogueOf('long.yaml', `bucket: ${LONG_BUCKET}\nprefix: ${LONG_PREFIX}`);

interface Case {
  readonly env: NodeJS.ProcessEnv;
  readonly catalogue: string;
}

const endpoints = () => ({
  AWS_ENDPOINT_URL_EC2: cloud.endpoint,
  AWS_ENDPOINT_URL_S3: cloud.endpoint,
});

function session(length: number): NodeJS.ProcessEnv {
  const given = cloud.issue(6 * 3_600_000, token(length));
  return {
    ...endpoints(),
    AWS_ACCESS_KEY_ID: given.accessKeyId,
    AWS_SECRET_ACCESS_KEY: given.secretAccessKey,
    AWS_SESSION_TOKEN: given.token,
  };
}

/** A profile whose credentials a program gives, with an end. */
function program(length: number, lifeMs: number): NodeJS.ProcessEnv {
  const given = cloud.issue(lifeMs, token(length));
  const script = join(box.home, `credentials-${length}-${lifeMs}`);
  const answer = {
    Version: 1,
    AccessKeyId: given.accessKeyId,
    SecretAccessKey: given.secretAccessKey,
    SessionToken: given.token,
    Expiration: new Date(given.expiration).toISOString(),
  };
  writeFileSync(script, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
  chmodSync(script, 0o755);
  const config = `${script}.ini`;
  writeFileSync(config, `[default]\nregion = us-east-1\ncredential_process = ${script}\n`);
  return { ...endpoints(), AWS_CONFIG_FILE: config };
}

/** What one launch and its next may have of their own, of the same length. */
const alike = (userData: string) =>
  userData
    .replace(/(nonce|bundle_key|bundle_sha256)=[0-9a-f]+/g, (text) =>
      text.replace(/[0-9a-f]+$/, (hex) => '-'.repeat(hex.length)),
    )
    .replace(/(?<=bundles\/[\w-]+\/)[0-9a-f]{64}/, '-'.repeat(64))
    .replace(/(?<=X-Amz-Expires=)\d+/, (text) => '-'.repeat(text.length))
    .replace(/\d{8}T\d{6}Z/g, '-'.repeat(16))
    .replace(/\d{4}-\d\d-\d\dT[\d:]{8}Z/g, '-'.repeat(20))
    .replace(/(Signature=|signature=)'?[0-9a-f]{64}/g, '$1');

/** Policies as what they say, since base64 hides their dates. */
const readable = (userData: string) =>
  userData.replace(/(?<=_policy=)[A-Za-z0-9+/]+=*/g, (base64) => Buffer.from(base64, 'base64').toString());

let launches = 0;
async function compared(role: string, { env, catalogue }: Case) {
  launches += 1;
  const words = ['--role', role, '--env', 'prod', '--context', 'b', '--catalogue', catalogue];
  const launch = ['--launch-id', `preview-${launches}`];
  const planned = await box.run(['plan', ...words, ...launch, '--output', 'json'], { env });
  const rendered = await box.run(['render', ...words, ...launch], { env });
  const launched = await box.run(['launch', ...words, ...launch, '--output', 'json'], { env });
  expect([planned, rendered, launched]).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }]);
  const [{ instance_id: InstanceId }] = JSON.parse(launched.stdout).machines;
  const asked = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' });
  const { UserData } = await cloud.ec2.send(asked);
  const sent = Buffer.from(UserData?.Value ?? '', 'base64').toString('utf8');
  return { plan: JSON.parse(planned.stdout), rendered: rendered.stdout, sent, launched };
}

describe.each(['web', 'shop', 'queue', 'full'])('plan and render tell what launch sends to %s', (role) => {
  test.each<[string, () => Case]>([
    ['lasting keys', () => ({ catalogue: SHORT, env: keys() })],
    ['a token of 800 characters', () => ({ catalogue: SHORT, env: session(800) })],
    ['a token of 1,500 characters', () => ({ catalogue: SHORT, env: session(1_500) })],
    ['a program’s long token', () => ({ catalogue: SHORT, env: program(1_200, 6 * 3_600_000) })],
    ['credentials that end before the timeout', () => ({ catalogue: SHORT, env: program(900, 600_000) })],
    ['a bucket and a prefix with long names', () => ({ catalogue: LONG, env: session(1_000) })],
  ])('with %s', async (what, given) => {
    const { plan, rendered, sent, launched } = await compared(role, given());
    expect({ told: plan.payload.bytes, estimated: plan.payload.estimated }).toEqual({
      told: Buffer.byteLength(sent),
      estimated: false,
    });
    expect(alike(readable(rendered))).toBe(alike(readable(sent)));
    const beacons = /^rolecall_beacon_url=/m.test(sent);
    expect(beacons).toBe(role !== 'full');
    expect(plan.notes.some((note: string) => /^no beacons.*no room/.test(note))).toBe(!beacons);
    const ending = /credentials that end/.test(what);
    expect(plan.notes.some((note: string) => /^beacons end at/.test(note))).toBe(ending && beacons);
    expect(plan.notes.some((note: string) => note.includes("the build's URL ends"))).toBe(
      ending && role === 'shop',
    );
    for (const note of plan.notes) expect(launched.stderr).toContain(note.slice(0, 20));
  });
});

const keys = () => ({
  ...endpoints(),
  AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
});
