import { AwsError } from '../../src/errors.ts';
import type { FleetEvent } from '../../src/fleet/events.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { type InstanceId, isInstanceId, isLaunchId, type LaunchId, type Machine } from '../../src/model.ts';
import type { LaunchMeta } from '../../src/results/document.ts';
import { advance, emptyView, type LaunchView } from '../../src/results/state.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { expectGolden as expectIn } from '../support/golden.ts';

export type AnyEvent = LaunchEvent | FleetEvent | WatchEvent;

/** 2026-11-21T22:00:00Z. */
export const START = Date.UTC(2026, 10, 21, 22);

export const META: LaunchMeta = {
  id: 'l-20261121-220000-ab12',
  catalogue: 'demo',
  role: 'memcached',
  environment: 'prod',
  context: 'b',
  catalogue_sha256: 'a'.repeat(64),
  region: 'eu-west-1',
  ami: 'ami-0123456789abcdef0',
};

const LAUNCH: LaunchId = launchId(META.id);

export function instanceId(index: number): InstanceId {
  const id = `i-0abc${String(index).padStart(13, '0')}`;
  if (!isInstanceId(id)) throw new Error(`${id} is no instance id`);
  return id;
}

export const machine = (index: number, state: Machine['state'] = 'running'): Machine => ({
  instanceId: instanceId(index),
  state,
  zone: 'eu-west-1b',
  instanceType: 't3.micro',
  launchIndex: index,
  launchedAt: START,
  tags: {},
});

const STEPS = [
  { name: 'metadata', status: 0, ms: 35 },
  { name: 'personality', status: 0, ms: 12 },
];

export const SUCCEEDED: Extract<Verdict, { outcome: 'succeeded' }> = {
  outcome: 'succeeded',
  bootMs: 2140,
  steps: [...STEPS, { name: 'init', status: 0, ms: 871 }],
};

const ERROR = '/etc/rolecall/init/b/prod/bootstrapper.sh: line 12: memcachd: command not found';

export const FAILED: Extract<Verdict, { outcome: 'failed' }> = {
  outcome: 'failed',
  bootMs: 1873,
  steps: [...STEPS, { name: 'init', status: 3, ms: 640 }],
  failure: {
    step: 'init',
    status: 3,
    command: 'memcachd -d "$address"',
    commandStatus: 127,
    location: { file: 'b/prod/bootstrapper.sh', line: 12, function: 'start' },
    error: ERROR,
    excerpt: ['starting memcached', ERROR, 'giving up'],
  },
};

export const SILENT: Extract<Verdict, { outcome: 'silent' }> = {
  outcome: 'silent',
  steps: STEPS,
  reason: 'stuck in step init for 600 s',
  excerpt: ['rolecall[init]: running /etc/rolecall/init/b/prod/bootstrapper.sh'],
};

export const LOST: Extract<Verdict, { outcome: 'lost' }> = {
  outcome: 'lost',
  steps: [],
  reason: 'Server.SpotInstanceTermination: Spot took the machine back',
  excerpt: [],
};

/** A module of the bundle that fails; the ports, times and ids of each machine are its own. */
export const moduleFailed = (index: number): Verdict => ({
  outcome: 'failed',
  bootMs: 41_000 + index,
  steps: [...STEPS, { name: 'module.rabbitmq', status: 100, ms: 2_310 + index }],
  failure: {
    step: 'module.rabbitmq',
    status: 100,
    error: `E: Unable to locate package rabbitmq-server (asked 10.0.0.${index}:3142 for ${index + 2} s)`,
    excerpt: [
      'Reading package lists...',
      `E: Unable to locate package rabbitmq-server (asked 10.0.0.${index}:3142 for ${index + 2} s)`,
    ],
  },
});

export const NEVER_BOOTED: Verdict = {
  outcome: 'silent',
  steps: [],
  reason: 'never running: still pending after 600 s',
  excerpt: [],
};

/** Forty machines in three clusters: 35 whose module failed, 3 that never booted, 2 that are lost. */
export function fortyInThree(): LaunchView {
  const verdictOf = (index: number): Verdict => {
    if (index % 20 === 7) return LOST;
    return index % 13 === 5 ? NEVER_BOOTED : moduleFailed(index);
  };
  const events = Array.from({ length: 40 }, (_, index): AnyEvent[] => {
    const verdict = verdictOf(index);
    return verdict === NEVER_BOOTED
      ? [{ type: 'verdict', at: START + 600_000, machine: machine(index, 'pending'), verdict }]
      : boot(index, verdict);
  });
  return fold([...begin(40), ...events.flat()]);
}

const NO_CAPACITY = new AwsError('eu-west-1b has no capacity for t3.micro now', {
  code: 'InsufficientInstanceCapacity',
  hint: 'try another zone or instance type: --zone eu-west-1a',
});

/** What both stages tell of one machine that boots and ends with the verdict. */
export function boot(index: number, verdict: Verdict, at = START): AnyEvent[] {
  const id = instanceId(index);
  const said =
    verdict.outcome === 'succeeded' ? 'memcached 1.6.18 answers on 127.0.0.1:11211' : 'starting memcached';
  return [
    { type: 'machine', at: at + 400, machine: machine(index) },
    { type: 'step-started', at: at + 900, instanceId: id, step: 'metadata' },
    { type: 'step-ended', at: at + 940, instanceId: id, step: { name: 'metadata', status: 0, ms: 35 } },
    { type: 'step-started', at: at + 1000, instanceId: id, step: 'init' },
    { type: 'said', at: at + 1500, instanceId: id, step: 'init', text: said },
    { type: 'verdict', at: at + 2200, machine: machine(index), verdict },
  ];
}

/** The beginning of a launch: all machines asked for in one batch, `launched` of them given. */
export function begin(requested: number, launched = requested): AnyEvent[] {
  const machines = Array.from({ length: launched }, (_, index) => machine(index, 'pending'));
  const events: AnyEvent[] = [
    { type: 'launch-started', at: START, launch: LAUNCH, requested, resumed: false },
    { type: 'batch-requested', at: START + 1, batch: 1, count: requested, repeat: false },
    { type: 'batch-launched', at: START + 210, batch: 1, machines },
  ];
  const missing = requested - launched;
  if (missing > 0)
    events.push({ type: 'batch-refused', at: START + 211, batch: 1, missing, error: NO_CAPACITY });
  return events;
}

export const fold = (events: readonly AnyEvent[], from: LaunchView = emptyView()): LaunchView =>
  events.reduce(advance, from);

/** The view of a launch whose machines ended with these verdicts. */
export const ended = (verdicts: readonly Verdict[], requested = verdicts.length): LaunchView =>
  fold([...begin(requested, verdicts.length), ...verdicts.flatMap((verdict, index) => boot(index, verdict))]);

/** Compares with test/golden/report/NAME. */
export const expectGolden = (name: string, actual: string): void => expectIn(`report/${name}`, actual);

export function launchId(text: string): LaunchId {
  if (!isLaunchId(text)) throw new Error(`${text} is no launch id`);
  return text;
}
