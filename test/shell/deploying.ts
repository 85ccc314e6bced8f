import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import type { TemporaryCredentials } from '../../packages/local-cloud/src/signature/keyring.ts';
import type { Bucket } from '../../src/aws/ports.ts';
import type { Build } from '../../src/model.ts';
import { bucketOf, type Member, storeBuild } from '../support/archives.ts';
import { runOne } from '../support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../support/local-cloud.ts';
import { scriptedDriver } from '../support/scripted-boxes.ts';
import { type Outcome, withBootstrapper } from './bash.ts';
import { BoxRoot, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';

export const BUCKET = 'shop-rolecall';
export const APP = 'opt/rolecall/shop';
export const INIT = 'init/b/prod/bootstrapper.sh';
export const script = (text: string, name = INIT): Member => ({
  name,
  mode: 0o755,
  text: `#!/bin/bash\n${text}\n`,
});
/** What the build's script tells: which build it is, and what it was given. */
export const TELLS =
  'echo "rolecall: $ROLECALL_BUILD in $(basename $ROLECALL_BUILD_DIR): $(cat $ROLECALL_BUILD_DIR/version)"';
export const members = (version: string): Member[] => [
  script(TELLS),
  { name: 'version', text: `${version}\n` },
];

export let cloud: TestCloud;
export let bucket: Bucket;
export let box: BoxRoot;
let metadata: MetadataServer | undefined;
export let keys: TemporaryCredentials;
export const faults: { -readonly [name in keyof Faults]: Faults[name] } = {};

/** A cloud, a bucket and a machine's root for each test of the file that calls this. */
export function deploying(): void {
  beforeEach(async () => {
    for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
    let given: TemporaryCredentials | undefined;
    const driver = scriptedDriver((spec) => {
      given = spec.services.credentials?.();
    });
    cloud = await testCloud({ faults, driver });
    await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    bucket = bucketOf(cloud);
    box = new BoxRoot();
    // The keys of a real machine's instance profile, with their token.
    await runOne(cloud.ec2, { IamInstanceProfile: { Name: 'web' } });
    keys = await until('a machine has its keys', async () => given);
  });

  afterEach(async () => {
    await metadata?.close();
    box.remove();
    await cloud[Symbol.asyncDispose]();
  });
}

export const put = (Key: string, Body: Buffer | string) =>
  cloud.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(Body) }));
export const store = (tag: string, content: readonly Member[] = members(tag)): Promise<Build> =>
  storeBuild(bucket, tag, content, put);
export const point = (text: string) => put('pointers/shop/prod', text);

/** User data that pins a build, as a launch renders it. */
export async function pinned(build: Build, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const lines = {
    rolecall_app: 'shop',
    rolecall_bucket: BUCKET,
    rolecall_build: build.tag,
    rolecall_build_archive: build.archive,
    rolecall_build_sha256: build.sha256,
    rolecall_build_url: (await bucket.presignGet(`builds/shop/${build.archive}`, 600)).url,
    rolecall_fetch: 'presigned',
    rolecall_region: 'us-east-1',
    rolecall_s3_url: cloud.endpoint,
    ...more,
  };
  return (
    SIGNED +
    Object.entries(lines)
      .map((line) => `${line.join('=')}\n`)
      .join('')
  );
}

/** The AMI's own word on what to deploy: the build that the pointer names. */
export const conf = (more = '') =>
  box.write(
    'etc/rolecall/bootstrapper.conf',
    `# what this AMI deploys\napp=shop\nbucket=${BUCKET}\ns3_url=${cloud.endpoint}\n${more}`,
  );

export const tree = (): Record<string, string> => ({
  '/latest/meta-data/placement/region': 'us-east-1',
  '/latest/meta-data/iam/security-credentials/': 'web',
  '/latest/meta-data/iam/security-credentials/web': JSON.stringify(
    {
      Code: 'Success',
      AccessKeyId: keys.accessKeyId,
      SecretAccessKey: keys.secretAccessKey,
      Token: keys.token,
    },
    null,
    2,
  ),
});

/** Boots the machine: as a whole process, or with shorter waits between its tries and, `before` it, other functions. */
export async function boot(
  userData: string,
  options: { quick?: boolean; bash?: string[]; tree?: Record<string, string>; before?: string } = {},
) {
  await metadata?.close();
  metadata = await serveMetadata(userData, {}, options.tree ?? tree());
  if (!options.quick && options.before === undefined)
    return await box.boot(metadata, options.bash === undefined ? {} : { bash: options.bash });
  const env = { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url };
  return await withBootstrapper(`S3_WAITS=(0 0); ${options.before ?? ':'}; main`, [], { env });
}

/** What people read of a boot: the failing step and why, else the init script's last summary. */
export function told({ stdout }: Outcome): string {
  const failed = /ERROR Bootstrapping failed at step (.*)\n/.exec(stdout)?.[1];
  const summaries = [...stdout.matchAll(/rolecall\[init\]: (.*)\n/g)].map(([, text]) => text);
  return failed ?? summaries.at(-1) ?? 'nothing';
}

export const steps = ({ stdout }: Outcome) =>
  [...stdout.matchAll(/<<rc2 \S+ \S+ \d+ \S+ end (\S+) (\d+) /g)].map(
    ([, step, status]) => `${step} ${status}`,
  );
export const builds = () => readdirSync(join(box.path, APP, 'builds')).sort();
export const current = () => readlinkSync(join(box.path, APP, 'current'));
export const folderOf = ({ tag, sha256 }: Build) => `${tag}-${sha256.slice(0, 12)}`;

/** From here on builds lie below a prefix of the bucket. */
export function usePrefix(prefix: string): void {
  bucket = bucketOf(cloud, BUCKET, prefix);
}

/** Boots the machine as a whole process, which is told of as soon as it has started. */
export async function bootWatched(userData: string, onStart: (pid: number) => void): Promise<Outcome> {
  metadata = await serveMetadata(userData, {}, tree());
  return await box.boot(metadata, { onStart });
}
