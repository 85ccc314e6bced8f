/** The public API: what the command line does, for programs (docs/api.md). */
import type { LaunchInput } from './actions/launch-request.ts';
import type { RunEvent } from './actions/run.ts';
import { StartedRun } from './api/run.ts';
import { runtimeOf } from './api/runtime.ts';
import { UsageError } from './errors.ts';
import { isLaunchId, type LaunchId } from './model.ts';
import type { LaunchDocument } from './results/document.ts';
import type { ReportedEvent } from './results/events.ts';
import type { Plan } from './results/plan.ts';

export { AwsError, ConflictError, InterruptedError, RolecallError, UsageError } from './errors.ts';
export type { LaunchDocument } from './results/document.ts';
export type { ReportedEvent as LaunchEvent } from './results/events.ts';
export type { Plan } from './results/plan.ts';

/** Ends work early: an AbortSignal. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** Where rolecall works, and for whom. */
export interface OpenOptions {
  /** The folder where relative paths start, and where the catalogue is looked for, and above; absent: the process's. */
  readonly cwd?: string;
  /** The catalogue's file; absent: the nearest `roles.yaml`. */
  readonly catalogue?: string;
  /** AWS region; absent: the catalogue's. */
  readonly region?: string;
  /** AWS profile; absent: as the AWS SDK finds credentials. */
  readonly profile?: string;
  /** The local cloud, in place of AWS. */
  readonly local?: boolean;
  /** The environment's variables; absent: the process's, which the AWS SDK reads in any case. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends whatever is under way. */
  readonly signal?: Signal;
  /** Hears lines that belong to no result, such as a request that is repeated. */
  readonly onNotice?: (line: string) => void;
}

/** A role in its environment and context. */
export interface RoleName {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
}

/** Values that stand above the catalogue's. */
export interface Overrides {
  readonly instanceType?: string;
  readonly zone?: string;
  readonly subnet?: string;
  readonly ami?: string;
  /** From running to the verdict: `90s`, `10m`, `1h`. */
  readonly timeout?: string;
}

/** What a launch is asked for. */
export interface LaunchOptions extends RoleName, Overrides {
  /** How many machines, 1 to 1000; absent: 1. */
  readonly count?: number;
  /** The tag of the build that machines deploy; absent: the one that is promoted. */
  readonly build?: string;
  /** The SHA-256 that the build's archive must have. */
  readonly buildSha256?: string;
  /** Files of a bundle, or `variables.NAME`, that look like secrets and may be in it. */
  readonly allowSecret?: readonly string[];
  /** Paths outside of the catalogue's repository that a bundle may take files from. */
  readonly allowOutside?: readonly string[];
  /** The launch's id; the same id again goes on with it. Absent: the CI run's, or a new one. */
  readonly launchId?: string;
}

/** A launch under way: its events as they happen, and in the end its document. */
export interface Run extends AsyncIterable<ReportedEvent> {
  /**
   * What became of every machine, as `--output json` prints it. It rejects with a RolecallError where the launch was
   * refused or could not be followed; machines that fail are no error, and stand in the document.
   */
  readonly result: Promise<LaunchDocument>;
}

/** How new machines come into a fleet, and old ones go. */
export interface RolloutOptions extends Omit<LaunchOptions, 'count'> {
  /** Machines launched at once after the first: a part (`10%`) or a number (`5`); absent: all. */
  readonly wave?: string;
  /** One machine first, which has to prove its boot; absent: true. */
  readonly canary?: boolean;
  /** Machines that may fail before no more are launched; absent: 0. */
  readonly maxFailures?: number;
  /** What becomes of a machine that did not succeed; absent: `keep`. */
  readonly onFailure?: 'keep' | 'stop' | 'terminate';
  /** Which of equal machines is ended first; absent: `oldest`. */
  readonly order?: 'oldest' | 'newest';
  /** A machine whose boot exceeds the catalogue's `boot_budget` has failed. */
  readonly strictBudget?: boolean;
  /** How long to wait for another run that is at work on the fleet: `0s`, `10m`; absent: `10m`. */
  readonly lockWait?: string;
  /** Go on with a launch though the catalogue has changed since it began. */
  readonly acceptChanges?: boolean;
  /** Asked before machines are ended; absent: they are. */
  readonly agreed?: (machines: readonly FleetMachine[]) => Promise<boolean>;
}

/** A machine that is to be ended. */
export interface FleetMachine {
  readonly instanceId: string;
  readonly launch: string;
}

/** rolecall at work on one catalogue. */
export interface Rolecall {
  /** Launches machines into a role, and follows them to their verdicts. */
  launch(options: LaunchOptions): Run;
  /** Tells all that `launch` would do, and does nothing. */
  plan(options: LaunchOptions): Promise<Plan>;
  /** Follows a launch that was made before, here or elsewhere. */
  watch(launchId: string, options?: { readonly timeout?: string }): Run;
  /** Tells what became of a launch: by its records, or by what can be read now. */
  report(launchId: string): Promise<LaunchDocument>;
  /** Brings a fleet to so many machines that have proved their boot. */
  scale(options: RolloutOptions & { readonly to: number }): Run;
  /** Replaces machines of a fleet by ones as a launch would make them now; with `all`, also those that are the same. */
  replace(options: RolloutOptions & { readonly all?: boolean; readonly allowShrink?: boolean }): Run;
}

/** Opens rolecall. Nothing is read or asked for before the first call. */
export function open(options: OpenOptions = {}): Rolecall {
  const runtime = runtimeOf(options);
  const { local = false, profile, region, catalogue: file } = options;
  const choice = { local, profile, region, catalogue: file };
  const started = (run: () => AsyncIterable<RunEvent>): Run => new StartedRun(run());
  const catalogueNow = async () => {
    const { openCatalogue } = await import('./actions/session.ts');
    return await openCatalogue(choice, runtime);
  };
  const requested = async (wanted: LaunchOptions) => {
    const { requestOf } = await import('./actions/launch-request.ts');
    const catalogue = await catalogueNow();
    const input = { ...choice, ...inputOf(wanted) };
    const { role, environment, context, count = 1 } = wanted;
    const request = await requestOf(input, { role, environment, context, count }, catalogue, runtime);
    return { catalogue, input, request };
  };
  const fleetOf = async (wanted: RolloutOptions) => {
    const { checkRollout } = await import('./actions/rollout.ts');
    const { roleFrom } = await import('./actions/launch-request.ts');
    const catalogue = await catalogueNow();
    const input = { ...choice, ...inputOf(wanted), ...rolloutOf(wanted) };
    const role = await roleFrom(catalogue, wanted, input);
    checkRollout(input, role);
    const agreed = async (members: readonly { readonly machine: FleetMember }[]) =>
      (await wanted.agreed?.(members.map(({ machine }) => fleetMachine(machine)))) ?? true;
    return { catalogue, input, role, agreed };
  };
  return {
    launch: (wanted) =>
      started(async function* () {
        const { launch } = await import('./actions/launch.ts');
        const { catalogue, input, request } = await requested(wanted);
        yield* launch(request, input, catalogue, runtime);
      }),
    plan: async (wanted) => {
      const { plan } = await import('./actions/plan.ts');
      const { catalogue, input, request } = await requested(wanted);
      return await plan(request, input, catalogue, runtime);
    },
    watch: (launchId, { timeout } = {}) =>
      started(async function* () {
        const { watch } = await import('./actions/watch.ts');
        yield* watch({ ...choice, launch: launchIdOf(launchId), timeout }, runtime);
      }),
    report: async (launchId) => {
      const { report } = await import('./actions/report.ts');
      return (await report({ ...choice, launch: launchIdOf(launchId) }, runtime)).outcome.document;
    },
    scale: ({ to, ...wanted }) =>
      started(async function* () {
        const { scale } = await import('./actions/scale.ts');
        const { catalogue, input, role, agreed } = await fleetOf(wanted);
        yield* scale(role, { ...input, to }, agreed, catalogue, runtime);
      }),
    replace: ({ all = false, allowShrink = false, ...wanted }) =>
      started(async function* () {
        const { replace } = await import('./actions/replace.ts');
        const { catalogue, input, role, agreed } = await fleetOf(wanted);
        yield* replace(role, { ...input, all, 'allow-shrink': allowShrink }, agreed, catalogue, runtime);
      }),
  };
}

interface FleetMember {
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
}

const fleetMachine = ({ instanceId, tags }: FleetMember): FleetMachine => ({
  instanceId,
  launch: tags['rolecall:launch'] ?? '',
});

/** The options as the use cases name them. */
const inputOf = (options: Omit<LaunchOptions, 'count'>): LaunchInput => ({
  ...options,
  'instance-type': options.instanceType,
  'build-sha256': options.buildSha256,
  'allow-secret': options.allowSecret,
  'allow-outside': options.allowOutside,
  'launch-id': options.launchId,
});

const rolloutOf = ({
  wave = '100%',
  canary = true,
  maxFailures = 0,
  onFailure = 'keep',
  order = 'oldest',
  strictBudget = false,
  lockWait = '10m',
  acceptChanges = false,
}: RolloutOptions) => ({
  'dry-run': false,
  wave,
  canary,
  order,
  'max-failures': String(maxFailures),
  'on-failure': onFailure,
  'strict-budget': strictBudget,
  'lock-wait': lockWait,
  'accept-changes': acceptChanges,
});

/** @throws UsageError */
function launchIdOf(text: string): LaunchId {
  if (isLaunchId(text)) return text;
  throw new UsageError(`"${text}" is no launch id`, { hint: 'a launch tells it in its result' });
}
