import type { EC2Client, Filter, InstanceStateChange, InstanceStatus } from '@aws-sdk/client-ec2';
import { systemClock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { type InstanceId, isInstanceId, type Machine } from '../model.ts';
import { defined } from '../objects.ts';
import { IN_PLACE_OF_RETRIES } from './clients.ts';
import type { Deadlines } from './deadlines.ts';
import { EC2_ANSWERS, type Ec2Operation } from './ec2-answers.ts';
import { machineOf, machinesOf } from './machine.ts';
import { openPacing, type Pacing } from './pacing.ts';
import type { AwsTarget, ConsoleSnapshot, Ec2, StatusChecks } from './ports.ts';
import { type ConnectOptions, impatient, openSession, type Service, type Session } from './session.ts';

/** Ids in one request: far below EC2's limits, so that a URL-encoded body stays small. */
const IDS_A_REQUEST = 100;
/** The most that EC2 gives in one page, and tags in one request. */
const PAGE = 1_000;
/** Machines in one RunInstances call, where how long many will take is reckoned. */
const MACHINES_A_REQUEST = 100;

type Sdk = typeof import('./ec2-sdk.ts');
type Ec2Session = Session<EC2Client, Sdk, Ec2Operation>;

/** RunInstances of 100 machines needs many seconds. */
const DEADLINES: Deadlines = { answerMs: 60_000, stallMs: 30_000, totalMs: 60_000 };

const EC2: Service<EC2Client, Sdk, Ec2Operation> = {
  name: 'EC2',
  answers: EC2_ANSWERS,
  deadlines: DEADLINES,
  open: async (config) => {
    const sdk = await import('./ec2-sdk.ts');
    const client = new sdk.EC2Client(config);
    client.middlewareStack.add((next) => (args) => next(args), IN_PLACE_OF_RETRIES);
    return { client, sdk };
  },
};

/**
 * The Ec2 port over the AWS SDK, which is loaded at the first request. Throttling, lost answers and broken connections
 * are waited out with jitter for a bounded time, RunInstances with the same ClientToken; nothing else is repeated. All
 * requests of a connection share one model of EC2's token buckets, and wait for their turn in it.
 */
export function connectEc2(target: AwsTarget, options: ConnectOptions = {}): Connection {
  const pacing = openPacing(options.clock ?? systemClock);
  const session = openSession({ ...EC2, pacing }, target, options);
  return { ...ec2Over(session, pacing), polling: ec2Over(impatient(session), pacing) };
}

/** The port, and the same for loops that ask again anyway: there nothing is waited out within a request. */
export interface Connection extends Ec2 {
  readonly polling: Ec2;
}

function ec2Over(session: Ec2Session, pacing: Pacing): Ec2 {
  return {
    runInstances: (request) =>
      session.call(
        'RunInstances',
        async (client, sdk) => {
          const { Instances = [] } = await client.send(new sdk.RunInstancesCommand(request));
          return Instances.map(machineOf);
        },
        { machines: request.MaxCount ?? 1 },
      ),
    launchEtaMs: (machines) => pacing.etaMs(machines, Math.ceil(machines / MACHINES_A_REQUEST)),
    machinesOfLaunch: (launch) => describe(session, [{ Name: 'tag:rolecall:launch', Values: [launch] }]),
    machinesOfToken: (token) => describe(session, [{ Name: 'client-token', Values: [token] }]),
    machinesWithTags: async (tags) => {
      const entries = Object.entries(tags);
      if (entries.length === 0 || entries.some((entry) => entry.includes('')))
        throw new TypeError('a description without tags, or with empty ones, is of every machine');
      return await describe(
        session,
        entries.map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [literal(value)] })),
      );
    },
    machine: async (id) => (await describe(session, [{ Name: 'instance-id', Values: [id] }]))[0],
    statusChecks: async (ids) => {
      const ask: Request<StatusChecks> = (known) =>
        session.call('DescribeInstanceStatus', async (client, sdk) => {
          const input = { InstanceIds: [...known] };
          const answer = await client.send(new sdk.DescribeInstanceStatusCommand(input));
          return (answer.InstanceStatuses ?? []).flatMap(statusOf);
        });
      return (await Promise.all(chunks(ids, IDS_A_REQUEST).map((part) => halving(part, ask)))).flat();
    },
    consoleOutput: (id, mode) => consoleOutput(session, id, mode),
    userData: (id) =>
      session.call(
        'DescribeInstanceAttribute',
        async (client, sdk) => {
          const input = { InstanceId: id, Attribute: 'userData' } as const;
          const answer = await client.send(new sdk.DescribeInstanceAttributeCommand(input));
          return answer.UserData?.Value === undefined ? undefined : decoded(answer.UserData.Value);
        },
        { waiting: 'for-machine' },
      ),
    terminate: (ids, age) =>
      onKnown(ids, (known) =>
        session.call(
          'TerminateInstances',
          async (client, sdk) => {
            const input = { InstanceIds: [...known] };
            return namedIn(
              (await client.send(new sdk.TerminateInstancesCommand(input))).TerminatingInstances,
            );
          },
          { waiting: age === 'young' ? 'for-machine' : 'for-trouble', machines: known.length },
        ),
      ),
    stop: (ids) =>
      onKnown(ids, (known) =>
        session.call('StopInstances', async (client, sdk) => {
          const input = { InstanceIds: [...known] };
          return namedIn((await client.send(new sdk.StopInstancesCommand(input))).StoppingInstances);
        }),
      ),
    tag: async (ids, tags) => {
      const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      if (list.length === 0) return;
      for (const part of chunks(ids, PAGE)) {
        await session.call(
          'CreateTags',
          (client, sdk) => client.send(new sdk.CreateTagsCommand({ Resources: [...part], Tags: list })),
          { waiting: 'for-machine' },
        );
      }
    },
  };
}

/** Filters take wildcards. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html#advanced-use */
const literal = (value: string): string => value.replace(/[*?\\]/g, '\\$&');

/** Asks about those that EC2 knows, part after part. @returns what the answers tell */
async function onKnown<T>(ids: readonly InstanceId[], request: Request<T>): Promise<T[]> {
  const told: T[] = [];
  for (const part of chunks(ids, IDS_A_REQUEST)) told.push(...(await halving(part, request)));
  return told;
}

type Request<T> = (ids: readonly InstanceId[]) => Promise<readonly T[]>;

/**
 * One machine that is unknown, or can't be stopped since it ends already, spoils the whole request, so the request is halved
 * until such ones stand alone.
 */
async function halving<T>(ids: readonly InstanceId[], request: Request<T>): Promise<readonly T[]> {
  try {
    return await request(ids);
  } catch (error) {
    if (!(error instanceof AwsError) || !isSpoilt(error)) throw error;
    if (ids.length === 1) return [];
    const half = Math.ceil(ids.length / 2);
    const first = await halving(ids.slice(0, half), request);
    return [...first, ...(await halving(ids.slice(half), request))];
  }
}

const namedIn = (changes: readonly InstanceStateChange[] = []): InstanceId[] =>
  changes.flatMap(({ InstanceId: id }) => (id !== undefined && isInstanceId(id) ? [id] : []));

const isSpoilt = ({ kind, code }: AwsError): boolean =>
  kind === 'not-found' || code === 'IncorrectInstanceState';

/** All pages. A filter rather than ids: it doesn't fail while EC2 doesn't know a machine yet, and it can be paged. */
async function describe(session: Ec2Session, filters: Filter[]): Promise<Machine[]> {
  const machines: Machine[] = [];
  let next: string | undefined;
  do {
    const input = { Filters: filters, MaxResults: PAGE, NextToken: next };
    const page = await session.call('DescribeInstances', async (client, sdk) => {
      const answer = await client.send(new sdk.DescribeInstancesCommand(input));
      return { machines: machinesOf(answer.Reservations), next: answer.NextToken };
    });
    machines.push(...page.machines);
    next = page.next === '' ? undefined : page.next;
  } while (next !== undefined);
  return machines;
}

function statusOf(status: InstanceStatus): StatusChecks[] {
  const id = status.InstanceId;
  if (id === undefined || !isInstanceId(id)) return [];
  const checks = [status.SystemStatus, status.InstanceStatus];
  return [{ instanceId: id, impaired: checks.some((check) => check?.Status === 'impaired') }];
}

async function consoleOutput(
  session: Ec2Session,
  id: InstanceId,
  mode: 'latest' | 'posted',
): Promise<ConsoleSnapshot | undefined> {
  try {
    return await session.call('GetConsoleOutput', async (client, sdk) => {
      const input = { InstanceId: id, Latest: mode === 'latest' || undefined };
      const answer = await client.send(new sdk.GetConsoleOutputCommand(input));
      return defined({ text: decoded(answer.Output ?? ''), takenAt: answer.Timestamp?.getTime() });
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (mode === 'latest' && error.code === 'UnsupportedOperation') return undefined;
    // Not known everywhere yet: there is no text yet. The machine's state, not its console, says whether it is gone.
    if (error.kind === 'not-found') return { text: '' };
    throw error;
  }
}

/** EC2 gives console output and user data in base64, and the SDK leaves it so. */
const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
