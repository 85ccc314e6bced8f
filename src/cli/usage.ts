import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
import { COMMANDS, findCommand } from './registry.ts';

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
