import { createHash } from 'node:crypto';
import { type InstanceId, isInstanceId, type Machine } from '../../src/model.ts';
import type { MachineTimeline } from '../../src/results/page-data.ts';
import { type BootBudget, heldToBudget } from '../../src/watch/budget.ts';
import type { Step, Verdict } from '../../src/watch/verdict.ts';

/** How a made machine fares. */
export type Fate = 'succeeded' | 'repository' | 'disk' | 'stuck' | 'lost' | 'pending' | 'rebooted';

/** A machine as EC2 describes it, its verdict, and its times. */
export interface MadeBoot {
  readonly machine: Machine;
  readonly verdict: Verdict;
  readonly timeline: MachineTimeline;
}

/** When the made launches begin: 2026-11-21T22:00:00Z. */
export const LAUNCHED = Date.UTC(2026, 10, 21, 22);

/** Milliseconds that each step takes on a usual machine. */
const STEPS: readonly (readonly [string, number])[] = [
  ['metadata', 40],
  ['personality', 15],
  ['deploy.fetch', 3_100],
  ['deploy.unpack', 900],
  ['init', 14_500],
  ['check', 1_200],
];

/** The step at which a fate ends, and its status. */
const ENDS: Readonly<Partial<Record<Fate, { readonly step: string; readonly status: number }>>> = {
  repository: { step: 'init', status: 100 },
  disk: { step: 'deploy.unpack', status: 1 },
};

/**
 * Makes one machine's boot.
 * @param vary returns a time near the usual one, in milliseconds
 */
export function madeBoot(
  index: number,
  fate: Fate,
  vary: (usualMs: number) => number,
  budget: BootBudget | undefined,
): MadeBoot {
  const running = vary(9_000);
  const kernel = running + vary(1_500);
  const begin = kernel + vary(21_000);
  const isBooted = fate !== 'pending' && fate !== 'lost';
  const steps = isBooted ? madeSteps(fate, begin + 120, vary) : [];
  const last = steps.at(-1);
  const isJudged = isBooted && fate !== 'stuck' && last !== undefined;
  const verdictMs = isJudged ? last.start_ms + last.ms + 26 : null;
  const verdict = heldToBudget(verdictOf(index, fate, verdictMs ?? 0, steps), budget);
  return {
    machine: madeMachine(index, fate),
    verdict,
    timeline: {
      instance_id: idOf(index),
      launched: new Date(LAUNCHED + index * 3).toISOString(),
      running_ms: fate === 'pending' ? null : running,
      kernel_ms: isBooted ? kernel : null,
      begin_ms: isBooted ? begin : null,
      steps,
      verdict_ms: verdictMs,
      over_budget: verdict.overBudget ?? false,
    },
  };
}

function madeSteps(fate: Fate, start: number, vary: (usualMs: number) => number): MachineTimeline['steps'] {
  const steps: MachineTimeline['steps'][number][] = [];
  let at = start;
  for (const [name, usual] of STEPS) {
    if (fate === 'stuck' && name === 'init') break;
    const end = ENDS[fate]?.step === name ? ENDS[fate] : undefined;
    const ms = vary(end === undefined ? usual : usual / 3);
    steps.push({ name, start_ms: at, ms, status: end?.status ?? 0 });
    if (end !== undefined) break;
    at += ms + 6;
  }
  return steps;
}

const STATES: Readonly<Partial<Record<Fate, Machine['state']>>> = { pending: 'pending', lost: 'terminated' };

const madeMachine = (index: number, fate: Fate): Machine => ({
  instanceId: idOf(index),
  state: STATES[fate] ?? 'running',
  zone: `eu-west-1${'abc'.charAt(index % 3)}`,
  instanceType: index % 5 === 4 ? 'm7i.xlarge' : 'm7i.large',
  launchIndex: index,
  launchedAt: LAUNCHED,
  tags: {},
});

function idOf(index: number): InstanceId {
  const id = `i-0${createHash('sha256').update(String(index)).digest('hex').slice(0, 16)}`;
  if (!isInstanceId(id)) throw new Error(`${id} is no instance id`);
  return id;
}

function verdictOf(index: number, fate: Fate, bootMs: number, told: MachineTimeline['steps']): Verdict {
  const steps: Step[] = told.map(({ name, status, ms }) => ({ name, status, ms }));
  switch (fate) {
    case 'succeeded':
      return { outcome: 'succeeded', bootMs, steps };
    case 'rebooted':
      return { outcome: 'succeeded', bootMs, steps, notes: ['rebooted during init'] };
    case 'repository':
      return { outcome: 'failed', bootMs, steps, failure: repositoryFailure(index) };
    case 'disk':
      return { outcome: 'failed', bootMs, steps, failure: diskFailure() };
    case 'stuck':
      return {
        outcome: 'silent',
        steps,
        reason: `stuck in step init for 600 s: last line "waiting for 10.0.4.${index % 250}:5432", 571 s ago`,
        excerpt: ['rolecall[init]: starting web', `rolecall[init]: waiting for 10.0.4.${index % 250}:5432`],
      };
    case 'pending':
      return {
        outcome: 'silent',
        steps: [],
        reason: 'never running: still pending after 600 s',
        excerpt: [],
      };
    case 'lost':
      return {
        outcome: 'lost',
        steps: [],
        reason: 'Server.SpotInstanceTermination: Spot took the machine back',
        excerpt: ['[    2.118402] nvme nvme0: 2/0/0 default/read/poll queues'],
      };
  }
}

type Failure = Extract<Verdict, { readonly outcome: 'failed' }>['failure'];

function repositoryFailure(index: number): Failure {
  const error = `E: Failed to fetch http://10.0.0.${index % 250}:3142/debian/pool/main/n/nginx/nginx_1.22.1-9_amd64.deb  502  Bad Gateway`;
  return {
    step: 'init',
    status: 100,
    command: 'apt-get install -y nginx "$version"',
    commandStatus: 100,
    location: { file: 'a/prod/bootstrapper.sh', line: 41, function: 'install_packages' },
    error,
    hint: 'look whether the package cache answers: curl -I http://apt-cache:3142',
    excerpt: [
      'Reading package lists...',
      'Building dependency tree...',
      'Reading state information...',
      'The following NEW packages will be installed:',
      '  libgd3 libxpm4 nginx nginx-common nginx-core',
      ...Array.from(
        { length: 24 },
        (_, line) =>
          `Get:${line + 1} http://mirror.example/debian bookworm/main amd64 lib${line} amd64 2.36-${line} [74.1 kB]`,
      ),
      `Err:25 http://mirror.example/debian bookworm/main amd64 nginx amd64 1.22.1-9`,
      `  502  Bad Gateway [IP: 10.0.0.${index % 250} 3142]`,
      error,
      'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
    ],
  };
}

function diskFailure(): Failure {
  const error = 'tar: shop/assets/main.js: Cannot write: No space left on device';
  return {
    step: 'deploy.unpack',
    status: 1,
    error,
    excerpt: [
      'rolecall[deploy.unpack]: unpacking build v1.4.2',
      error,
      'tar: Exiting with failure status due to previous errors',
    ],
  };
}
