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
    async () => (await import('./launch.ts')).launch,
  ),
  entry(
    'plan',
    'Show all that launch would do, and do nothing',
    async () => (await import('./plan.ts')).plan,
  ),
  entry('render', "Print the payload's exact bytes", async () => (await import('./render.ts')).render),
  entry(
    'validate',
    'Check the catalogue, and list every fault at once',
    async () => (await import('./validate.ts')).validate,
  ),
  entry(
    'roles list',
    'List the roles of the catalogue',
    async () => (await import('./roles-list.ts')).rolesList,
  ),
  entry(
    'roles show',
    'Show a role with the place that set each value',
    async () => (await import('./roles-show.ts')).rolesShow,
  ),
  entry(
    'watch',
    'Follow the machines of a launch to their verdicts',
    async () => (await import('./watch.ts')).watch,
  ),
  entry(
    'report',
    'Show what became of a launch, as one HTML page',
    async () => (await import('./report.ts')).report,
  ),
  entry('console', "Print a machine's console", async () => (await import('./console.ts')).consoleCommand),
  entry(
    'logs',
    'Print the boot log that a failed machine sent',
    async () => (await import('./logs.ts')).logs,
  ),
  entry(
    'status',
    'Show the fleets, and how each machine stands',
    async () => (await import('./status.ts')).status,
  ),
  entry(
    'scale',
    'Bring a fleet to so many machines that have proved their boot',
    async () => (await import('./scale.ts')).scale,
  ),
  entry(
    'replace',
    'Replace machines of a fleet wave by wave, new ones first',
    async () => (await import('./replace.ts')).replace,
  ),
  entry(
    'terminate',
    'End the machines of a launch or a fleet',
    async () => (await import('./terminate.ts')).terminate,
  ),
  entry(
    'release build',
    'Make an archive of a git ref',
    async () => (await import('./release-build.ts')).releaseBuild,
  ),
  entry(
    'release publish',
    'Build a git ref and upload it; with --env promote it',
    async () => (await import('./release-publish.ts')).releasePublish,
  ),
  entry(
    'release promote',
    'Make a build the one that an environment deploys',
    async () => (await import('./release-promote.ts')).releasePromote,
  ),
  entry(
    'release rollback',
    'Go back to the build before',
    async () => (await import('./release-rollback.ts')).releaseRollback,
  ),
  entry(
    'release list',
    'List the builds of an app',
    async () => (await import('./release-list.ts')).releaseList,
  ),
  entry('release show', 'Show one build', async () => (await import('./release-show.ts')).releaseShow),
  entry(
    'release history',
    "Show who moved an environment's pointer, and why",
    async () => (await import('./release-history.ts')).releaseHistory,
  ),
  entry(
    'bundle build',
    "Pack and encrypt a role's modules into a start-up bundle",
    async () => (await import('./bundle-build.ts')).bundleBuild,
  ),
  entry(
    'bundle publish',
    'Build a bundle and upload it, and write the user data that fetches it',
    async () => (await import('./bundle-publish.ts')).bundlePublish,
  ),
  entry(
    'bundle open',
    'List what an encrypted bundle holds, or unpack it',
    async () => (await import('./bundle-open.ts')).bundleOpen,
  ),
  entry(
    'bundle verify',
    'Check that a machine would start from a bundle',
    async () => (await import('./bundle-verify.ts')).bundleVerify,
  ),
  entry(
    'module list',
    "List the modules that roles can name, or show one's variables",
    async () => (await import('./module-list.ts')).moduleList,
  ),
  entry(
    'module new',
    'Make a module that works as it stands, with a test',
    async () => (await import('./module-new.ts')).moduleNew,
  ),
  entry(
    'module add',
    'Copy modules from a folder, git or npm, pinned by their content',
    async () => (await import('./module-add.ts')).moduleAdd,
  ),
  entry(
    'module test',
    'Boot a module alone in a local machine, twice, and show the verdict',
    async () => (await import('./module-test.ts')).moduleTest,
  ),
  entry(
    'local up',
    'Start a local cloud that really boots its machines',
    async () => (await import('./local-up.ts')).localUp,
  ),
  entry(
    'local down',
    'End the local cloud and all its machines',
    async () => (await import('./local-down.ts')).localDown,
  ),
  entry(
    'local env',
    'Print the variables that point AWS clients to the local cloud',
    async () => (await import('./local-env.ts')).localEnv,
  ),
  entry(
    'local requests',
    'Count the requests that the local cloud has had',
    async () => (await import('./local-requests.ts')).localRequests,
  ),
  entry(
    'local exec',
    'Run a command inside a local machine',
    async () => (await import('./local-exec.ts')).localExec,
  ),
  entry(
    'help exit-codes',
    'Print the table of exit codes',
    async () => (await import('./help-exit-codes.ts')).helpExitCodes,
  ),
];

/** The command that a command line calls, and the arguments that are left; undefined where none fits. */
export function findCommand(
  argv: readonly string[],
): { readonly entry: Entry; readonly rest: string[] } | undefined {
  const found = COMMANDS.find(({ words }) => words.every((word, index) => argv[index] === word));
  return found && { entry: found, rest: argv.slice(found.words.length) };
}

function entry(words: string, describe: string, load: () => Promise<Command>): Entry {
  return { words: words.split(' '), describe, load };
}
