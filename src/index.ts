/** The public API: what the command line does, for programs (docs/api.md). */
import { StartedRun } from './api/run.ts';
import { runtimeOf } from './api/runtime.ts';
import { type RunEvent, useCases } from './api/use-cases.ts';
import { UsageError } from './errors.ts';
import { isLaunchId, type LaunchId } from './model.ts';
import type { BuiltBundle, OpenedBundle, PublishedBundle } from './results/bundle.ts';
import type { LaunchDocument } from './results/document.ts';
import type { ReportedEvent } from './results/events.ts';
import type { FleetStatus, Member } from './results/fleet-state.ts';
import type { Plan } from './results/plan.ts';
import type {
  BuildList,
  BuiltFile,
  CurrentBuild,
  PointerHistory,
  PointerMove,
  PublishedRelease,
} from './results/release.ts';

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
  readonly agreed?: (machines: readonly Member[]) => Promise<boolean>;
}

/** Which machines are ended: those of a launch, or of a fleet. */
export interface TerminateOptions {
  /** The launch; absent: the fleet of `role`, `environment` and `context`. */
  readonly launch?: string;
  readonly role?: string;
  readonly environment?: string;
  readonly context?: string;
  /** Only those that did not succeed, or are stopped. */
  readonly failed?: boolean;
  /** How long to wait for another run that is at work on the fleet: `0s`, `10m`; absent: `10m`. */
  readonly lockWait?: string;
}

/** Which app of the catalogue; absent: the only one. */
export interface AppOptions {
  readonly app?: string;
}

/** How a build is made of a git ref. */
export interface ReleaseBuildOptions extends AppOptions {
  /** Tag, branch or commit; absent: `HEAD`. */
  readonly ref?: string;
  /** The work tree with its changes. */
  readonly dirty?: boolean;
  readonly tag?: string;
  readonly compression?: 'gzip' | 'zstd';
  /** Files that look like secrets, and may be in it. */
  readonly allowSecret?: readonly string[];
}

/** The builds of an app, and the pointers that say which of them environments deploy. */
export interface Releases {
  /** Makes an archive of a git ref, and its manifest beside it, in a file or a folder (`./`). */
  build(options: ReleaseBuildOptions, file: string): Promise<BuiltFile>;
  /** Builds, uploads, and promotes where an environment is named. */
  publish(
    options?: ReleaseBuildOptions & {
      readonly archive?: string;
      readonly environment?: string;
      readonly why?: string;
    },
  ): Promise<PublishedRelease>;
  /** Makes a build the one that an environment deploys. */
  promote(
    options: AppOptions & { readonly tag: string; readonly environment: string; readonly why?: string },
  ): Promise<PointerMove>;
  /** Goes back to the build before, or to the one that is named. */
  rollback(
    options: AppOptions & { readonly environment: string; readonly to?: string; readonly why?: string },
  ): Promise<PointerMove>;
  list(options?: AppOptions): Promise<BuildList>;
  /** Finds a build by its tag, or by the environment that deploys it. */
  show(options: AppOptions & { readonly tag?: string; readonly environment?: string }): Promise<CurrentBuild>;
  history(options: AppOptions & { readonly environment: string }): Promise<PointerHistory>;
}

/** What a bundle may hold though it is refused otherwise. */
export interface PackingOptions {
  readonly allowSecret?: readonly string[];
  readonly allowOutside?: readonly string[];
}

/** Sealed start-up bundles. */
export interface Bundles {
  /** Packs and seals a role's bundle into a file, and writes its key beside it. */
  build(options: RoleName & PackingOptions & { readonly file?: string }): Promise<BuiltBundle>;
  /** Publishes a role's bundle for machines that something else launches, and writes their user data. */
  publish(
    options: RoleName &
      PackingOptions & {
        readonly launchId?: string;
        readonly userData?: string;
        readonly public?: boolean;
        readonly expires?: string;
      },
  ): Promise<PublishedBundle>;
  /** Tells what a sealed bundle holds, and unpacks it into a folder where one is named. */
  open(options: {
    readonly file: string;
    readonly keyFile?: string;
    readonly to?: string;
  }): Promise<OpenedBundle>;
  /** Reads a bundle as a machine would; `pinned`: a SHA-256 was known to compare with. */
  verify(options: {
    readonly file: string;
    readonly keyFile?: string;
    readonly sha256?: string;
  }): Promise<{ readonly opened: OpenedBundle; readonly pinned: boolean }>;
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
  /** Tells the fleets that are there, and how each machine stands; names choose some. */
  status(filter?: Partial<RoleName>): Promise<readonly FleetStatus[]>;
  /** Brings a fleet to so many machines that have proved their boot. */
  scale(options: RolloutOptions & { readonly to: number }): Run;
  /** Replaces machines of a fleet by ones as a launch would make them now; with `all`, also those that are the same. */
  replace(options: RolloutOptions & { readonly all?: boolean; readonly allowShrink?: boolean }): Run;
  /** Ends machines that rolecall launched, and tells which. */
  terminate(options: TerminateOptions): Promise<readonly Member[]>;
  readonly releases: Releases;
  readonly bundles: Bundles;
}

/** Opens rolecall. Nothing is read or asked for before the first call. */
export function open(options: OpenOptions = {}): Rolecall {
  const { local = false, profile, region, catalogue } = options;
  const cases = useCases({ local, profile, region, catalogue }, runtimeOf(options));
  const { releases, bundles } = cases;
  const started = (run: AsyncIterable<RunEvent>): Run => new StartedRun(run);
  const agreedBy =
    ({ agreed }: RolloutOptions) =>
    async (members: readonly Member[]) =>
      (await agreed?.(members)) ?? true;
  return {
    launch: (wanted) => started(cases.launch(wanted)),
    plan: (wanted) => cases.plan(wanted),
    watch: (launchId, { timeout } = {}) =>
      started(refusable(() => cases.watch({ launch: launchIdOf(launchId), timeout }))),
    report: async (launchId) => (await cases.report({ launch: launchIdOf(launchId) })).outcome.document,
    status: (filter = {}) => cases.status(filter),
    scale: (wanted) => started(cases.scale({ ...rolloutOf(wanted), to: wanted.to }, agreedBy(wanted))),
    replace: (wanted) => {
      const { all = false, allowShrink = false } = wanted;
      return started(cases.replace({ ...rolloutOf(wanted), all, allowShrink }, agreedBy(wanted)));
    },
    terminate: async ({ failed = false, lockWait = '10m', ...which }) => {
      const input = { ...which, fleet: which.launch === undefined, failed, lockWait };
      const ended: Member[] = [];
      for await (const event of cases.terminate(input, async () => true))
        if (event.type === 'machines-ended') ended.push(...event.members);
      return ended;
    },
    releases: {
      ...releases,
      build: ({ dirty = false, ...wanted }, file) => releases.build({ ...wanted, dirty }, file),
      publish: ({ dirty = false, ...wanted } = {}) => releases.publish({ ...wanted, dirty }),
      list: (wanted = {}) => releases.list(wanted),
    },
    bundles: {
      ...bundles,
      publish: ({ public: open = false, ...wanted }) => bundles.publish({ ...wanted, public: open }),
    },
  };
}

/** A run whose arguments are refused as the run's own failure is. */
async function* refusable<T>(run: () => AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield* run();
}

/** What of a roll-out is left out stands as the command line has it. */
const rolloutOf = ({ agreed: _, ...wanted }: RolloutOptions) => ({
  wave: '100%',
  canary: true,
  maxFailures: 0,
  onFailure: 'keep' as const,
  order: 'oldest' as const,
  strictBudget: false,
  lockWait: '10m',
  acceptChanges: false,
  ...wanted,
});

/** @throws UsageError */
function launchIdOf(text: string): LaunchId {
  if (isLaunchId(text)) return text;
  throw new UsageError(`"${text}" is no launch id`, { hint: 'a launch tells it in its result' });
}
