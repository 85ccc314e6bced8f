import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { type Result, sandbox, until } from '../../support/cli.ts';
import { laneCatalogue } from './catalogue.ts';
import { LANE_STATE } from './state.ts';

export type Boxes = 'vm' | 'complete' | 'limited';

/** One machine of a launch's document, as far as the lane looks at it. */
export interface Machine {
  readonly instance_id: string;
  readonly verdict: string;
  readonly steps: readonly { readonly name: string; readonly status: number; readonly ms: number }[];
  readonly failure?: Readonly<Record<string, unknown>>;
  readonly notes?: readonly string[];
}

/** What a command said of a launch of one machine. */
export interface Outcome {
  readonly code: number | null;
  readonly launch: string;
  readonly machine: Machine;
}

/** A lasting local cloud, started by the bundled CLI. */
export interface LaneCloud {
  /** Runs the CLI with the lane's catalogue. */
  rolecall(...args: string[]): Promise<Result>;
  /** Launches one machine, and follows it to its verdict, also beyond the role's own timeout. */
  launch(role: string, context?: string, id?: string): Promise<Outcome>;
  /** The running machine of a launch that another call has begun. */
  instance(launch: string): Promise<string>;
  /** What `rolecall watch` says of a launch. Without `wait` it ends with what the console tells now. */
  watch(launch: string, wait?: boolean): Promise<Outcome>;
  /** Runs a shell line on the machine as root. */
  exec(instance: string, line: string, input?: Buffer): Promise<Result>;
  /** The machine's console, without carriage returns. */
  console(instance: string): Promise<string>;
  /** Waits until the console holds the text so many times. */
  saw(instance: string, text: string | RegExp, times?: number): Promise<void>;
  terminate(launch: string): Promise<void>;
  /** Waits until the bucket has an object whose key begins so. */
  stored(prefix: string): Promise<void>;
  /** Waits until EC2 says so of the machine. */
  state(instance: string, name: string): Promise<void>;
  until(what: string, ready: () => Promise<boolean>): Promise<void>;
  readonly ec2: EC2Client;
  down(): Promise<void>;
}

/** What a boot may take on a loaded machine without KVM. No test is judged by it. */
const PATIENCE_MS = 900_000;
const PATIENCE = '30m';

/**
 * Starts a cloud. Its state folder outlives it, since an image of a VM takes minutes to make; all else in it is removed.
 * @param faults the faults file's text
 */
export async function laneCloud(boxes: Boxes, faults = ''): Promise<LaneCloud> {
  const box = sandbox();
  const lane = laneCatalogue();
  const state = boxes === 'vm' ? LANE_STATE : join(box.home, 'state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('ROLECALL_VM_'));
  const env = { XDG_STATE_HOME: state, ...Object.fromEntries(settings) };
  const run = (args: readonly string[]) => box.run(args, { cwd: lane.path, env });
  const local = (...args: string[]) => run([...args, '--catalogue', lane.catalogue, '--local']);

  await run(['local', 'down']);
  for (const name of ['s3', 'launches', 'fleets'])
    rmSync(join(state, 'rolecall/local', name), { recursive: true, force: true });
  const file = join(box.home, 'faults.yaml');
  writeFileSync(file, faults);
  const up = await run(['local', 'up', '--boxes', boxes, '--faults', file]);
  expect({ code: up.code, stderr: up.stderr }).toMatchObject({ code: 0 });
  const published = await local('release', 'publish', '--tag', 'v1', '--env', 'prod');
  expect({ code: published.code, stderr: published.stderr }).toMatchObject({ code: 0 });

  const outcomeOf = ({ code, stdout, stderr }: Result): Outcome => {
    if (stdout === '') throw new Error(`no document: ${stderr}`);
    const { launch, machines } = JSON.parse(stdout);
    if (machines?.length !== 1) throw new Error(`${machines?.length ?? 'no'} machines: ${stdout}${stderr}`);
    return { code, launch: launch.id, machine: machines[0] };
  };
  const launched = async (role: string, context: string, ...more: string[]) =>
    outcomeOf(
      await local(
        'launch',
        '--role',
        role,
        '--env',
        'prod',
        '--context',
        context,
        '--output',
        'json',
        ...more,
      ),
    );
  const watch = async (launch: string, wait = true) =>
    outcomeOf(await local('watch', launch, '--timeout', wait ? PATIENCE : '1s', '--output', 'json'));
  const exec = async (instance: string, line: string, input = Buffer.alloc(0)): Promise<Result> => {
    const running = box.start(['local', 'exec', instance, '--', 'bash', '-c', line], {
      cwd: lane.path,
      env,
      input,
    });
    return running.done;
  };
  const consoleOf = async (instance: string) =>
    (await local('console', instance)).stdout.replaceAll('\r', '');
  const endpoints = (await run(['local', 'env'])).stdout;
  const setting = (name: string) => new RegExp(`\\b${name}='?([^'\\n;]+)`).exec(endpoints)?.[1] ?? '';
  const credentials = {
    accessKeyId: setting('AWS_ACCESS_KEY_ID'),
    secretAccessKey: setting('AWS_SECRET_ACCESS_KEY'),
  };
  const ec2 = new EC2Client({
    endpoint: setting('AWS_ENDPOINT_URL_EC2'),
    region: 'eu-central-1',
    credentials,
  });
  const s3 = new S3Client({ endpoint: setting('AWS_ENDPOINT_URL_S3'), region: 'eu-central-1', credentials });
  const longUntil = (what: string, ready: () => Promise<boolean>) => until(what, ready, PATIENCE_MS);
  const machines = async (Filters: { Name: string; Values: string[] }[]) => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  };

  return {
    rolecall: local,
    launch: async (role, context = 'b', id) => {
      const first = await launched(role, context, ...(id === undefined ? [] : ['--launch-id', id]));
      return first.machine.verdict === 'silent' && role === 'hangs' ? watch(first.launch) : first;
    },
    instance: async (launch) => {
      let id: string | undefined;
      await longUntil(`a running machine of ${launch}`, async () => {
        const [machine] = await machines([{ Name: 'tag:rolecall:launch', Values: [launch] }]);
        id = machine?.State?.Name === 'running' ? machine.InstanceId : undefined;
        return id !== undefined;
      });
      return id ?? '';
    },
    watch,
    exec,
    console: consoleOf,
    saw: (instance, text, times = 1) =>
      longUntil(
        `${times} x ${text} on the console of ${instance}`,
        async () => (await consoleOf(instance)).split(text).length > times,
      ),
    terminate: async (launch) => {
      const { code, stderr } = await local('terminate', launch, '--yes');
      expect({ code, stderr }).toMatchObject({ code: 0 });
    },
    stored: (prefix) =>
      longUntil(`an object ${prefix}...`, async () => {
        const list = new ListObjectsV2Command({ Bucket: 'lane-rolecall', Prefix: prefix });
        return ((await s3.send(list)).KeyCount ?? 0) > 0;
      }),
    state: (instance, name) =>
      longUntil(`${instance} is ${name}`, async () => {
        const [machine] = await machines([{ Name: 'instance-id', Values: [instance] }]);
        return machine?.State?.Name === name;
      }),
    until: longUntil,
    ec2,
    down: async () => {
      ec2.destroy();
      s3.destroy();
      await run(['local', 'down']);
      lane.dispose();
      box.dispose();
    },
  };
}
