import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { type Running, sandbox } from './cli.ts';
import { describeAll } from './ec2-calls.ts';
import { ec2Proxy } from './ec2-proxy.ts';
import { AMI } from './rehearsal.ts';

const REGION = 'eu-central-1';

/** Boots of two simulated seconds. */
export const QUICK =
  'pending_ms: 500, kernel_ms: 500, jitter: 0.2, steps: [{ name: metadata, ms: 50 }, { name: personality, ms: 50 }, { name: init, ms: 900 }]';

/** The roles of the tests' catalogue. */
const ROLES = `  web: { zones: [${REGION}a, ${REGION}b, ${REGION}c] }
  other: {}
  bundled: { modules: [memcached] }
  types: { instance_types: [m5.large, t3.micro], zones: [${REGION}a, ${REGION}b] }
  spot: { spot: { fallback: on-demand }, zones: [${REGION}a] }
`;

type Env = NodeJS.ProcessEnv;

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout held, where it was a document. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every command.
  readonly document: any;
}

/** Fleets of a lasting local cloud, changed through the bundled CLI as CI jobs and operators do it. */
export function fleetCloud() {
  const box = sandbox();
  const catalogue = join(box.home, 'roles.yaml');
  const write = (change: (text: string) => string = (text) => text) =>
    writeFileSync(
      catalogue,
      change(`version: 1
name: fleets
region: ${REGION}
ami: ${AMI}
bucket: e2e-fleets
defaults: { instance_type: t3.micro, timeout: 2m }
environments: { prod: {}, staging: {} }
contexts: { a: {}, b: {} }
roles:
${ROLES}`),
    );
  write();
  mkdirSync(join(box.home, 'overlay'));

  /** A cloud of simulated boxes; `faults` is the plan of what goes wrong, in YAML. */
  async function up(faults = `boxes: { ${QUICK} }`, speed = 20): Promise<void> {
    await down();
    const file = join(box.home, 'faults.yaml');
    writeFileSync(file, faults);
    const cloud = ['local', 'up', '--boxes', 'simulated', '--clock-speed', String(speed), '--faults', file];
    const { code, stderr } = await box.run(cloud);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
  const down = () => {
    connected = undefined;
    return box.run(['local', 'down']);
  };

  const words = (verb: string, more: readonly string[]): string[] => {
    const fleet = ['role', 'env', 'context'].flatMap((name, index) =>
      more.includes(`--${name}`) ? [] : [`--${name}`, ['web', 'prod', 'b'][index] ?? ''],
    );
    return [verb, ...more, ...fleet, '--catalogue', catalogue, '--local'];
  };
  const start = (verb: string, more: readonly string[], env: Env = {}): Running =>
    box.start(words(verb, more), { env });
  const text = async (verb: string, more: readonly string[], env: Env = {}): Promise<Done> => ({
    ...(await start(verb, more, env).done),
    document: undefined,
  });
  const finished = async (running: Running): Promise<Done> => {
    const result = await running.done;
    return { ...result, document: result.stdout === '' ? undefined : JSON.parse(result.stdout) };
  };
  const json = (verb: string, more: readonly string[], env: Env = {}): Promise<Done> =>
    finished(start(verb, [...more, '--output', 'json'], env));
  const scale = (to: number, more: readonly string[] = [], env: Env = {}): Promise<Done> =>
    json('scale', ['--to', String(to), ...more], env);

  /** Where the cloud is, as any AWS client is told. */
  async function place() {
    const { stdout } = await box.run(['local', 'env']);
    const value = (name: string) =>
      new RegExp(`^export ${name}='?([^'\\n]+)'?$`, 'm').exec(stdout)?.[1] ?? '';
    const credentials = {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
    };
    const [ec2, s3] = ['EC2', 'S3'].map((service) => value(`AWS_ENDPOINT_URL_${service}`));
    return { region: REGION, credentials, ec2: ec2 ?? '', s3: s3 ?? '' };
  }
  async function connect() {
    const { ec2, s3, ...config } = await place();
    return {
      ec2: new EC2Client({ ...config, endpoint: ec2 }),
      s3: new S3Client({ ...config, endpoint: s3, forcePathStyle: true }),
    };
  }
  let connected: ReturnType<typeof connect> | undefined;
  /** Clients of the cloud that is up. */
  function client() {
    connected ??= connect();
    return connected;
  }
  /** A proxy before its EC2, and how the CLI goes through it: without `--local`, as to AWS. */
  async function through() {
    const { ec2, s3, region, credentials } = await place();
    const proxy = await ec2Proxy(ec2, { region, credentials });
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_EC2: proxy.endpoint,
      AWS_ENDPOINT_URL_S3: s3,
    };
    const launch = (verb: string, more: readonly string[]) =>
      box.start(
        words(verb, [...more, '--output', 'json']).filter((word) => word !== '--local'),
        { env },
      );
    return {
      proxy,
      start: launch,
      json: (verb: string, more: readonly string[]) => finished(launch(verb, more)),
    };
  }
  /** All machines of the cloud that are there, whoever launched them. */
  async function living(): Promise<Instance[]> {
    const { ec2 } = await client();
    const names = ['pending', 'running', 'stopping', 'stopped'];
    return await describeAll(ec2, { Filters: [{ Name: 'instance-state-name', Values: names }] });
  }
  return {
    box,
    catalogue,
    write,
    up,
    down,
    words,
    start,
    text,
    finished,
    json,
    through,
    scale,
    client,
    living,
    /** Verdicts of the living machines, sorted. */
    verdicts: async () => (await living()).map((machine) => tagOf(machine, 'rolecall:verdict')).sort(),
    dispose: async () => {
      await down();
      box.dispose();
    },
  };
}

export const tagOf = ({ Tags = [] }: Instance, name: string): string =>
  Tags.find(({ Key }) => Key === name)?.Value ?? 'none';

export const proved = (count: number): string[] => Array.from({ length: count }, () => 'succeeded');

/** How many of each there are. */
export function counts(items: readonly (string | undefined)[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const item of items) all[item ?? 'none'] = (all[item ?? 'none'] ?? 0) + 1;
  return all;
}
