import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
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
    () => import('./commands/launch.ts'),
  ),
  entry('plan', 'Show all that launch would do, and do nothing', () => import('./commands/plan.ts')),
  entry('render', "Print the payload's exact bytes", () => import('./commands/render.ts')),
  entry(
    'validate',
    'Check the catalogue, and list every fault at once',
    () => import('./commands/validate.ts'),
  ),
  entry('roles list', 'List the roles of the catalogue', () => import('./commands/roles/list.ts')),
  entry(
    'roles show',
    'Show a role with the place that set each value',
    () => import('./commands/roles/show.ts'),
  ),
  entry('watch', 'Follow the machines of a launch to their verdicts', () => import('./commands/watch.ts')),
  entry('report', 'Show what became of a launch, as one HTML page', () => import('./commands/report.ts')),
  entry('console', "Print a machine's console", () => import('./commands/console.ts')),
  entry('logs', 'Print the boot log that a failed machine sent', () => import('./commands/logs.ts')),
  entry('status', 'Show the fleets, and how each machine stands', () => import('./commands/status.ts')),
  entry(
    'scale',
    'Bring a fleet to so many machines that have proved their boot',
    () => import('./commands/scale.ts'),
  ),
  entry(
    'replace',
    'Replace machines of a fleet wave by wave, new ones first',
    () => import('./commands/replace.ts'),
  ),
  entry('terminate', 'End the machines of a launch or a fleet', () => import('./commands/terminate.ts')),
  entry('release build', 'Make an archive of a git ref', () => import('./commands/release/build.ts')),
  entry(
    'release publish',
    'Build a git ref and upload it; with --env promote it',
    () => import('./commands/release/publish.ts'),
  ),
  entry(
    'release promote',
    'Make a build the one that an environment deploys',
    () => import('./commands/release/promote.ts'),
  ),
  entry('release rollback', 'Go back to the build before', () => import('./commands/release/rollback.ts')),
  entry('release list', 'List the builds of an app', () => import('./commands/release/list.ts')),
  entry('release show', 'Show one build', () => import('./commands/release/show.ts')),
  entry(
    'release history',
    "Show who moved an environment's pointer, and why",
    () => import('./commands/release/history.ts'),
  ),
  entry(
    'bundle build',
    "Pack and encrypt a role's modules into a start-up bundle",
    () => import('./commands/bundle/build.ts'),
  ),
  entry(
    'bundle publish',
    'Build a bundle and upload it, and write the user data that fetches it',
    () => import('./commands/bundle/publish.ts'),
  ),
  entry(
    'bundle open',
    'List what an encrypted bundle holds, or unpack it',
    () => import('./commands/bundle/open.ts'),
  ),
  entry(
    'bundle verify',
    'Check that a machine would start from a bundle',
    () => import('./commands/bundle/verify.ts'),
  ),
  entry(
    'module list',
    "List the modules that roles can name, or show one's variables",
    () => import('./commands/module/list.ts'),
  ),
  entry(
    'module new',
    'Make a module that works as it stands, with a test',
    () => import('./commands/module/new.ts'),
  ),
  entry(
    'module add',
    'Copy modules from a folder, git or npm, pinned by their content',
    () => import('./commands/module/add.ts'),
  ),
  entry(
    'module test',
    'Boot a module alone in a local machine, twice, and show the verdict',
    () => import('./commands/module/test.ts'),
  ),
  entry(
    'local up',
    'Start a local cloud that really boots its machines',
    () => import('./commands/local/up.ts'),
  ),
  entry('local down', 'End the local cloud and all its machines', () => import('./commands/local/down.ts')),
  entry(
    'local env',
    'Print the variables that point AWS clients to the local cloud',
    () => import('./commands/local/env.ts'),
  ),
  entry(
    'local requests',
    'Count the requests that the local cloud has had',
    () => import('./commands/local/requests.ts'),
  ),
  entry('local exec', 'Run a command inside a local machine', () => import('./commands/local/exec.ts')),
  entry('help exit-codes', 'Print the table of exit codes', () => import('./commands/help/exit-codes.ts')),
];

/** Commands that rolecall itself calls, in processes that it starts: no help lists them. */
const INTERNAL: readonly Entry[] = [
  entry(
    'local serve',
    'Serve the local cloud that another command asks for',
    () => import('./commands/local/serve.ts'),
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

function entry(words: string, describe: string, load: () => Promise<{ readonly default: Command }>): Entry {
  return { words: words.split(' '), describe, load: async () => (await load()).default };
}

/** A command line that runs nothing: `--help`, `help launch`, `--version`, or a mistake. */
export type Asked =
  | { readonly kind: 'usage'; readonly group?: string }
  /** The help of one command: the command line that prints it. */
  | { readonly kind: 'help'; readonly argv: readonly string[] }
  | { readonly kind: 'version' };

/**
 * What a command line asks for that calls no command.
 * @throws UsageError where it looks like a mistake, with the command that was probably meant
 */
export function askedOf(argv: readonly string[]): Asked {
  const [first = '--help', ...rest] = argv;
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === 'help' || first === '--help' || first === '-h') return helpAbout(rest);
  if (first.startsWith('-')) {
    throw new UsageError(`no command stands before ${first}`, {
      hint: 'rolecall --help lists the commands; the main one is rolecall launch',
    });
  }
  const others = rest.filter((word) => word !== '--help' && word !== '-h');
  return isGroup(first) && others.length === 0 ? { kind: 'usage', group: first } : unknownCommand(argv);
}

const NAMES = COMMANDS.map(({ words }) => words.join(' '));

function helpAbout(words: readonly string[]): Asked {
  const [first] = words;
  if (first === undefined || first.startsWith('-')) return { kind: 'usage' };
  if (findCommand(words) !== undefined) return { kind: 'help', argv: [...words, '--help'] };
  return isGroup(first) && words.length === 1
    ? { kind: 'usage', group: first }
    : unknownCommand(nearest(words.join(' '), NAMES) === undefined ? ['help', ...words] : words);
}

const isGroup = (word: string): boolean =>
  word !== 'help' && COMMANDS.some(({ words }) => words.length > 1 && words[0] === word);

function unknownCommand(argv: readonly string[]): never {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, end < 0 ? undefined : end);
  const near = nearest(words.slice(0, 2).join(' '), NAMES) ?? nearest(words[0] ?? '', NAMES);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(`there is no command "${words.join(' ')}"${meant}`, { hint: 'rolecall --help' });
}

/** The top-level help, or that of one group of commands (`roles`, `local`). */
export function usageText(group?: string): string {
  const listed = COMMANDS.filter(({ words }) => group === undefined || words[0] === group);
  const width = Math.max(...listed.map(({ words }) => words.join(' ').length));
  const lines = listed.map(({ words, describe }) => `  ${words.join(' ').padEnd(width)}  ${describe}`);
  const head =
    group === undefined
      ? [
          'rolecall COMMAND [options]',
          '',
          'Launch EC2 machines into roles from one shared AMI, and prove that',
          'each one booted into its role.',
          '',
        ]
      : [`rolecall ${group} COMMAND [options]`, ''];
  const foot =
    group === undefined
      ? ['No AWS account at hand? Add --local.', 'rolecall --version prints the version.']
      : [];
  return `${[...head, 'Commands:', ...lines, '', 'rolecall COMMAND --help tells its options.', ...foot].join('\n')}\n`;
}
