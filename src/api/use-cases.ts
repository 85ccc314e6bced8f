/** All that rolecall does on one catalogue, for the command line and for programs. Each use case is loaded when it is called. */
import type { BundleBuildInput } from '../actions/bundle/build.ts';
import type { BundleOpenInput, BundleVerifyInput } from '../actions/bundle/open.ts';
import type { BundlePublishInput } from '../actions/bundle/publish.ts';
import type { ConsoleInput } from '../actions/console.ts';
import type { LaunchChoice } from '../actions/launch.ts';
import type { LaunchInput, OverrideWords, RoleName, RoleWords } from '../actions/launch-request.ts';
import type { LogsInput } from '../actions/logs.ts';
import type { ModuleAddInput } from '../actions/module/add.ts';
import type { ModuleTestInput } from '../actions/module/test.ts';
import type { PlanChoice } from '../actions/plan.ts';
import type { BuildInput } from '../actions/release/build.ts';
import type { ShowInput } from '../actions/release/builds.ts';
import type { ReleaseInput } from '../actions/release/place.ts';
import type { MoveInput, PointerInput } from '../actions/release/pointer.ts';
import type { PublishInput } from '../actions/release/publish.ts';
import type { RenderChoice } from '../actions/render.ts';
import type { ReplaceInput } from '../actions/replace.ts';
import type { ReportInput } from '../actions/report.ts';
import type { Runtime } from '../actions/runtime.ts';
import type { ScaleInput } from '../actions/scale.ts';
import type { CloudChoice } from '../actions/session.ts';
import type { TerminateInput } from '../actions/terminate.ts';
import type { WatchInput } from '../actions/watch.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { FleetName } from '../catalogue/role.ts';
import type { Member } from '../results/fleet-state.ts';

export {
  checkCount,
  MAX_COUNT,
  type OverrideFlag,
  type RoleName,
  roleNamed,
} from '../actions/launch-request.ts';
export type { RunChoice, RunDone, RunEvent, RunFailed, RunReady } from '../actions/run.ts';
export type { Runtime, User } from '../actions/runtime.ts';

/** An input without what was chosen when rolecall was opened. */
type Own<Input> = Omit<Input, keyof CloudChoice>;
/** Asked before machines are ended. */
type Agreed = (members: readonly Member[]) => Promise<boolean>;
type LaunchWanted = RoleName & LaunchInput & Own<LaunchChoice>;

/** The use cases on a catalogue, in a cloud. Nothing is read or asked for before the first call. */
export type UseCases = ReturnType<typeof useCases>;

/** @param chosen the catalogue, and the cloud @param runtime the world, and the user in it */
export function useCases(chosen: CloudChoice, runtime: Runtime) {
  const { local, profile, region, catalogue: file } = chosen;
  const choice: CloudChoice = { local, profile, region, catalogue: file };
  let opened: Promise<Catalogue> | undefined;
  const catalogue = (): Promise<Catalogue> => {
    opened ??= import('../actions/session.ts').then(({ openCatalogue }) => openCatalogue(choice, runtime));
    return opened;
  };
  const requested = async (input: RoleName & LaunchInput) => {
    const { requestOf } = await import('../actions/launch-request.ts');
    return await requestOf({ region, ...input }, await catalogue(), runtime);
  };
  return {
    catalogue,
    role: async (name: RoleWords, overrides: OverrideWords = {}) => {
      const { requireRole, roleFrom } = await import('../actions/launch-request.ts');
      return await roleFrom(await catalogue(), requireRole(name), { region, ...overrides });
    },
    validate: async () => (await import('../actions/validate.ts')).validate(choice, runtime),

    launch: async function* (input: LaunchWanted) {
      const { launch } = await import('../actions/launch.ts');
      yield* launch(await requested(input), { ...input, ...choice }, await catalogue(), runtime);
    },
    plan: async (input: RoleName & LaunchInput & Own<PlanChoice>) => {
      const { plan } = await import('../actions/plan.ts');
      return await plan(await requested(input), { ...input, ...choice }, await catalogue(), runtime);
    },
    render: async (input: RoleWords & LaunchInput & Own<RenderChoice>) => {
      const { requireRole } = await import('../actions/launch-request.ts');
      const { render } = await import('../actions/render.ts');
      return await render(
        await requested({ ...input, ...requireRole(input), count: 1 }),
        { ...input, ...choice },
        await catalogue(),
        runtime,
      );
    },
    watch: async function* (input: Own<WatchInput>) {
      yield* (await import('../actions/watch.ts')).watch({ ...input, ...choice }, runtime);
    },
    report: async (input: Own<ReportInput>) =>
      (await import('../actions/report.ts')).report({ ...input, ...choice }, runtime),
    console: async (input: Own<ConsoleInput>) =>
      (await import('../actions/console.ts')).consoleOf({ ...input, ...choice }, runtime),
    consoleFollowed: async function* (input: Own<ConsoleInput>) {
      yield* (await import('../actions/console.ts')).consoleFollowed({ ...input, ...choice }, runtime);
    },
    logs: async (input: Own<LogsInput>) =>
      (await import('../actions/logs.ts')).bootLogOf({ ...input, ...choice }, runtime),

    status: async (filter: RoleWords) =>
      (await import('../actions/status.ts')).status({ ...filter, ...choice }, runtime),
    scale: async function* (input: RoleName & Own<ScaleInput>, agreed: Agreed) {
      const { scale } = await import('../actions/scale.ts');
      yield* scale({ ...input, ...choice }, agreed, await catalogue(), runtime);
    },
    planScale: async (input: RoleName & Own<ScaleInput>) =>
      (await import('../actions/scale.ts')).planScale({ ...input, ...choice }, await catalogue(), runtime),
    replace: async function* (input: RoleName & Own<ReplaceInput>, agreed: Agreed) {
      const { replace } = await import('../actions/replace.ts');
      yield* replace({ ...input, ...choice }, agreed, await catalogue(), runtime);
    },
    planReplace: async (input: RoleName & Own<ReplaceInput>) =>
      (await import('../actions/replace.ts')).planReplace(
        { ...input, ...choice },
        await catalogue(),
        runtime,
      ),
    terminate: async function* (
      input: Own<TerminateInput>,
      agreed: (members: readonly Member[], name: FleetName) => Promise<boolean>,
    ) {
      yield* (await import('../actions/terminate.ts')).terminate({ ...input, ...choice }, agreed, runtime);
    },
    planTerminate: async (input: Own<TerminateInput>) =>
      (await import('../actions/terminate.ts')).planTerminate({ ...input, ...choice }, runtime),

    releases: {
      build: async (input: Own<BuildInput>, archive: string) =>
        (await import('../actions/release/build.ts')).build({ ...input, ...choice }, archive, runtime),
      publish: async (input: Own<PublishInput>) =>
        (await import('../actions/release/publish.ts')).publish({ ...input, ...choice }, runtime),
      promote: async (input: Own<MoveInput> & { readonly tag: string }) =>
        (await import('../actions/release/pointer.ts')).promote({ ...input, ...choice }, runtime),
      rollback: async (input: Own<MoveInput> & { readonly to?: string | undefined }) =>
        (await import('../actions/release/pointer.ts')).rollback({ ...input, ...choice }, runtime),
      history: async (input: Own<PointerInput>) =>
        (await import('../actions/release/pointer.ts')).history({ ...input, ...choice }, runtime),
      list: async (input: Own<ReleaseInput>) =>
        (await import('../actions/release/builds.ts')).list({ ...input, ...choice }, runtime),
      show: async (input: Own<ShowInput>) =>
        (await import('../actions/release/builds.ts')).show({ ...input, ...choice }, runtime),
    },
    bundles: {
      build: async (input: Own<BundleBuildInput>) =>
        (await import('../actions/bundle/build.ts')).buildBundle({ ...input, ...choice }, runtime),
      publish: async (input: Own<BundlePublishInput>) =>
        (await import('../actions/bundle/publish.ts')).publishRoleBundle({ ...input, ...choice }, runtime),
      open: async (input: BundleOpenInput) =>
        (await import('../actions/bundle/open.ts')).openSealed(input, runtime),
      verify: async (input: BundleVerifyInput) =>
        (await import('../actions/bundle/open.ts')).verifySealed(input, runtime),
    },
    modules: {
      list: async (name?: string) =>
        (await import('../actions/module/list.ts')).listModules({ name, catalogue: file }, runtime),
      new: async (name: string) =>
        (await import('../actions/module/new.ts')).newModule({ name, catalogue: file }, runtime),
      add: async (input: Own<ModuleAddInput>) =>
        (await import('../actions/module/add.ts')).addModule({ ...input, catalogue: file }, runtime),
      test: async function* (input: Own<ModuleTestInput>) {
        yield* (await import('../actions/module/test.ts')).testModule({ ...input, ...choice }, runtime);
      },
    },
  };
}
