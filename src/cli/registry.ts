import type { Command } from './command.ts';

/** A command as the top-level help lists it; its module is loaded only when it is called. */
export interface Entry {
  /** The words that call it: `['roles', 'show']`. */
  readonly words: readonly string[];
  readonly describe: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly Entry[] = [
  entry(
    'launch',
    'Launch machines into a role, and prove that each one booted',
    async () => (await import('./commands/launch.ts')).launch,
  ),
  entry(
    'plan',
    'Show all that launch would do, and do nothing',
    async () => (await import('./commands/plan.ts')).plan,
  ),
  entry(
    'render',
    "Print the payload's exact bytes",
    async () => (await import('./commands/render.ts')).render,
  ),
  entry(
    'validate',
    'Check the catalogue, and list every fault at once',
    async () => (await import('./commands/validate.ts')).validate,
  ),
  entry(
    'roles list',
    'List the roles of the catalogue',
    async () => (await import('./commands/roles/list.ts')).rolesList,
  ),
  entry(
    'roles show',
    'Show a role with the place that set each value',
    async () => (await import('./commands/roles/show.ts')).rolesShow,
  ),
  entry(
    'watch',
    'Follow the machines of a launch to their verdicts',
    async () => (await import('./commands/watch.ts')).watch,
  ),
  entry(
    'report',
    'Show what became of a launch, as one HTML page',
    async () => (await import('./commands/report.ts')).report,
  ),
  entry(
    'console',
    "Print a machine's console",
    async () => (await import('./commands/console.ts')).consoleCommand,
  ),
  entry(
    'logs',
    'Print the boot log that a failed machine sent',
    async () => (await import('./commands/logs.ts')).logs,
  ),
  entry(
    'status',
    'Show the fleets, and how each machine stands',
    async () => (await import('./commands/status.ts')).status,
  ),
  entry(
    'scale',
    'Bring a fleet to so many machines that have proved their boot',
    async () => (await import('./commands/scale.ts')).scale,
  ),
  entry(
    'replace',
    'Replace machines of a fleet wave by wave, new ones first',
    async () => (await import('./commands/replace.ts')).replace,
  ),
  entry(
    'terminate',
    'End the machines of a launch or a fleet',
    async () => (await import('./commands/terminate.ts')).terminate,
  ),
  entry(
    'release build',
    'Make an archive of a git ref',
    async () => (await import('./commands/release/build.ts')).releaseBuild,
  ),
  entry(
    'release publish',
    'Build a git ref and upload it; with --env promote it',
    async () => (await import('./commands/release/publish.ts')).releasePublish,
  ),
  entry(
    'release promote',
    'Make a build the one that an environment deploys',
    async () => (await import('./commands/release/promote.ts')).releasePromote,
  ),
  entry(
    'release rollback',
    'Go back to the build before',
    async () => (await import('./commands/release/rollback.ts')).releaseRollback,
  ),
  entry(
    'release list',
    'List the builds of an app',
    async () => (await import('./commands/release/list.ts')).releaseList,
  ),
  entry(
    'release show',
    'Show one build',
    async () => (await import('./commands/release/show.ts')).releaseShow,
  ),
  entry(
    'release history',
    "Show who moved an environment's pointer, and why",
    async () => (await import('./commands/release/history.ts')).releaseHistory,
  ),
  entry(
    'bundle build',
    "Pack and encrypt a role's modules into a start-up bundle",
    async () => (await import('./commands/bundle/build.ts')).bundleBuild,
  ),
  entry(
    'bundle publish',
    'Build a bundle and upload it, and write the user data that fetches it',
    async () => (await import('./commands/bundle/publish.ts')).bundlePublish,
  ),
  entry(
    'bundle open',
    'List what an encrypted bundle holds, or unpack it',
    async () => (await import('./commands/bundle/open.ts')).bundleOpen,
  ),
  entry(
    'bundle verify',
    'Check that a machine would start from a bundle',
    async () => (await import('./commands/bundle/verify.ts')).bundleVerify,
  ),
  entry(
    'module list',
    "List the modules that roles can name, or show one's variables",
    async () => (await import('./commands/module/list.ts')).moduleList,
  ),
  entry(
    'module new',
    'Make a module that works as it stands, with a test',
    async () => (await import('./commands/module/new.ts')).moduleNew,
  ),
  entry(
    'module add',
    'Copy modules from a folder, git or npm, pinned by their content',
    async () => (await import('./commands/module/add.ts')).moduleAdd,
  ),
  entry(
    'module test',
    'Boot a module alone in a local machine, twice, and show the verdict',
    async () => (await import('./commands/module/test.ts')).moduleTest,
  ),
  entry(
    'local up',
    'Start a local cloud that really boots its machines',
    async () => (await import('./commands/local/up.ts')).localUp,
  ),
  entry(
    'local down',
    'End the local cloud and all its machines',
    async () => (await import('./commands/local/down.ts')).localDown,
  ),
  entry(
    'local env',
    'Print the variables that point AWS clients to the local cloud',
    async () => (await import('./commands/local/env.ts')).localEnv,
  ),
  entry(
    'local requests',
    'Count the requests that the local cloud has had',
    async () => (await import('./commands/local/requests.ts')).localRequests,
  ),
  entry(
    'local exec',
    'Run a command inside a local machine',
    async () => (await import('./commands/local/exec.ts')).localExec,
  ),
  entry(
    'help exit-codes',
    'Print the table of exit codes',
    async () => (await import('./commands/help/exit-codes.ts')).helpExitCodes,
  ),
];

/** Commands that rolecall itself calls, in processes that it starts: no help lists them. */
const INTERNAL: readonly Entry[] = [
  entry(
    'local serve',
    'Serve the local cloud that another command asks for',
    async () => (await import('./commands/local/serve.ts')).localServe,
  ),
];

/** The command that a command line calls, and the arguments that are left; undefined where none fits. */
export function findCommand(
  argv: readonly string[],
): { readonly entry: Entry; readonly rest: string[] } | undefined {
  const found = [...COMMANDS, ...INTERNAL].find(({ words }) =>
    words.every((word, index) => argv[index] === word),
  );
  return found && { entry: found, rest: argv.slice(found.words.length) };
}

function entry(words: string, describe: string, load: () => Promise<Command>): Entry {
  return { words: words.split(' '), describe, load };
}
