import { chance } from '../chance.ts';
import { type BoxEnd, type BoxPlan, DEFAULT_JITTER, DEFAULT_KERNEL_MS, type PlannedStep } from './plan.ts';
import type { Boot } from './user-data.ts';
import type { Voice } from './voice.ts';

/** What one boot is made of. */
export interface BootParts {
  readonly boot: Boot;
  readonly end: BoxEnd;
  readonly plan: BoxPlan;
  readonly seed: number | undefined;
  /** How many machines were there before: what tells two boots of one plan apart. */
  readonly ordinal: number;
  readonly hostname: string;
  readonly voice: Voice;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Sends the verdict's beacon, by its name, and the log of a failure. */
  readonly beacon: (name: string, log?: string) => void;
}

/** How a boot leaves its machine: up, or dead. */
export type Left = 'up' | 'dead';

/** A boot, as it goes on: what it yields is how long (milliseconds) nothing happens. */
export function* boots(parts: BootParts): Generator<number, Left, undefined> {
  const { boot, end, plan, voice } = parts;
  voice.print(...KERNEL);
  yield varied(plan.kernelMs ?? DEFAULT_KERNEL_MS, 'kernel', parts);
  voice.print(
    ...SERVICES,
    `${parts.hostname} login: [    6.271033] cloud-init[402]: Cloud-init running 'modules:final'`,
  );
  if (end.kind === 'hangs' && end.step === undefined) return 'up';
  if (end.kind === 'dies' && end.step === undefined) return 'dead';
  switch (boot.scheme) {
    case 'personality':
    case 'start-up-bundle':
      return yield* run(boot, parts);
    case 'none':
      return noUserData(parts);
    case 'foreign':
      voice.print('[    6.922113] cloud-init[402]: Cloud-init finished');
      return 'up';
  }
}

type OurBoot = Extract<Boot, { readonly identity: unknown }>;

/** One run of the bootstrapper or the start-up script. */
function* run(boot: OurBoot, parts: BootParts): Generator<number, Left, undefined> {
  const { voice, now } = parts;
  const started = now();
  const steps = stepsOf(boot, parts);
  const last = steps.at(-1)?.name ?? 'init';
  const reading = READING[boot.scheme];
  if (!steps.some(({ name }) => name === reading)) voice.becomes(boot.identity);
  voice.begin(boot.scheme);
  for (const step of steps) {
    const left = yield* takes(step, { boot, started, last }, parts);
    if (left !== undefined) return left;
  }
  const ms = Math.round(now() - started);
  if (boot.identity === undefined) voice.say(last, `role ${boot.role} is up after ${ms} ms`);
  const beacon = voice.verdict('ok', last, 0, ms);
  if (beacon !== undefined) parts.beacon(beacon);
  return 'up';
}

interface Run {
  readonly boot: OurBoot;
  readonly started: number;
  /** The name of its last step. */
  readonly last: string;
}

/** One step; gives back how it leaves the machine where the run ends with it. */
function* takes(
  { name, ms }: PlannedStep,
  { boot, started, last }: Run,
  parts: BootParts,
): Generator<number, Left | undefined, undefined> {
  const { end, voice, now } = parts;
  const begun = now();
  voice.mark(`start ${name}`);
  const knows = name === READING[boot.scheme];
  if (knows && boot.scheme === 'personality') voice.becomes(boot.identity);
  before(name, boot, voice);
  const span = varied(ms, name, parts);
  if (end.kind === 'hangs' && end.step === name) return 'up';
  if (end.kind === 'dies' && end.step === name) {
    yield span / 2;
    return 'dead';
  }
  yield span;
  if (end.kind === 'failed' && (end.step ?? last) === name) {
    fail(name, end, Math.round(now() - begun), Math.round(now() - started), parts);
    return 'up';
  }
  after(name, voice);
  if (knows && boot.scheme === 'start-up-bundle') voice.becomes(boot.identity);
  voice.mark(`end ${name} 0 ${Math.round(now() - begun)}`);
  return undefined;
}

/** The steps of the payload's scheme, or the plan's; a step that only the outcome names comes last. */
function stepsOf(boot: OurBoot, { plan, end }: BootParts): readonly PlannedStep[] {
  const steps = plan.steps ?? ownSteps(boot);
  const named = 'step' in end ? end.step : undefined;
  if (named === undefined || steps.some(({ name }) => name === named)) return steps;
  return [...steps, { name: named, ms: 1_000 }];
}

function ownSteps({ scheme, role, deploys }: OurBoot): readonly PlannedStep[] {
  if (scheme === 'start-up-bundle') return [...BUNDLE, { name: `module.${role}`, ms: 6_000 }];
  return [...PERSONALITY, ...(deploys ? DEPLOY : []), { name: 'init', ms: 8_000 }];
}

/**
 * The step that tells the box who it is: the bootstrapper begins to read its user data, while a start-up script is done
 * asking for its instance id.
 */
const READING = { personality: 'personality', 'start-up-bundle': 'metadata' } as const;

const PERSONALITY: readonly PlannedStep[] = [
  { name: 'metadata', ms: 120 },
  { name: READING.personality, ms: 30 },
];

const DEPLOY: readonly PlannedStep[] = [
  { name: 'deploy.pointer', ms: 150 },
  { name: 'deploy.fetch', ms: 900 },
  { name: 'deploy.verify', ms: 40 },
  { name: 'deploy.unpack', ms: 300 },
];

const BUNDLE: readonly PlannedStep[] = [
  { name: 'metadata', ms: 40 },
  { name: 'bundle.fetch', ms: 900 },
  { name: 'bundle.verify', ms: 40 },
  { name: 'bundle.decrypt', ms: 60 },
  { name: 'bundle.unpack', ms: 300 },
];

/** What a step says for people when it begins. */
function before(step: string, boot: OurBoot, voice: Voice): void {
  const module = moduleOf(step);
  if (module !== undefined) voice.print(`Starting module ${module}: via ${module}/start-up.sh`);
  if (step === 'init') voice.say(step, `running the init script of ${boot.role} (simulated)`);
}

function after(step: string, voice: Voice): void {
  const module = moduleOf(step);
  if (module !== undefined) voice.print(`Finished starting module ${module}`);
  if (step === 'bundle.unpack') voice.print('Unpacked: 12 files');
}

const moduleOf = (step: string): string | undefined => /^module\.(.+)$/.exec(step)?.[1];

function fail(
  step: string,
  { status = 100, lines = NO_WORDS }: Extract<BoxEnd, { kind: 'failed' }>,
  stepMs: number,
  runMs: number,
  { voice, beacon }: BootParts,
): void {
  voice.mark(`end ${step} ${status} ${stepMs}`);
  const ofScript = step === 'init' || moduleOf(step) !== undefined;
  const facts = ['how unknown', 'interpreter sh', ...(lines.length === 0 ? ['silent yes'] : [])];
  if (ofScript) voice.print(...facts.map((fact) => `rolecall[${step}]! ${fact}`));
  voice.print(...lines.map((line) => `rolecall[${step}]| ${line}`));
  const cause = lines.at(-1) ?? 'it printed nothing';
  voice.print(`ERROR Bootstrapping failed at step ${step} (status ${status}): ${cause}`);
  const name = voice.verdict('failed', step, status, runMs);
  const log = moduleOf(step) === undefined ? 'init.log' : `${step}.log`;
  if (name !== undefined) beacon(name, `==> /var/log/rolecall/${log} <==\n${lines.join('\n')}\n\n`);
}

const NO_WORDS = ['E: this failure is simulated'];

function noUserData({ voice }: BootParts): Left {
  voice.print(
    'ERROR Bootstrapping failed at step metadata (status 1): this machine has no user data: launch it with rolecall, or give it environment=, role=, context= lines',
  );
  voice.verdict('failed', 'metadata', 1, 0);
  return 'up';
}

/** A time with its jitter. */
function varied(ms: number, what: string, { plan, seed, ordinal }: BootParts): number {
  const part = plan.jitter ?? DEFAULT_JITTER;
  return ms * (1 + part * (2 * chance(seed, `time of ${what}`, ordinal) - 1));
}

const KERNEL = [
  '[    0.000000] Linux version 6.1.0 (simulated by rolecall: nothing runs in this machine)',
  '[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/nvme0n1p1 console=tty0 console=ttyS0,115200',
  '[    0.934407] nvme nvme0: pci function 0000:00:04.0',
  '[    1.620114] EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode',
];

const SERVICES = [
  '[  OK  ] Reached target Network is Online.',
  '[  OK  ] Started OpenBSD Secure Shell server.',
  '',
];
