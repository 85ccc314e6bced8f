import { UsageError } from '../errors.ts';
import type { Command } from './command.ts';
import { helpText, positionalsText } from './help.ts';
import type { Entry } from './registry.ts';
import { strictWords } from './tokens.ts';

/** A parsed command line: values to run with, or text to print (`--help`). */
export type Parsed =
  | { readonly kind: 'run'; readonly values: unknown }
  | { readonly kind: 'help'; readonly text: string };

/**
 * Parses the arguments of one command.
 * @param columns width that the help may take
 * @throws UsageError for unknown, missing or malformed arguments
 */
export async function parseArguments(
  entry: Entry,
  command: Command,
  rest: readonly string[],
  columns: number,
): Promise<Parsed> {
  if (asksForHelp(rest)) return { kind: 'help', text: helpText(entry, command, Math.min(columns, 100)) };
  const { default: yargs } = await import('yargs');
  // yargs looks at no file, and the working folder may be gone.
  const parser = yargs([], '/')
    .locale('en')
    // Everything after -- belongs to the user's own command (local exec).
    .parserConfiguration({
      'populate--': true,
      // A list takes one word each time it is given, so that it swallows no ref or source that stands behind it.
      'greedy-arrays': false,
      // One spelling of each option: the table's.
      'camel-case-expansion': false,
      'dot-notation': false,
      'strip-aliased': true,
      'strip-dashed': false,
    })
    .help(false)
    .version(false)
    .exitProcess(false)
    .strict();
  const help = `rolecall ${entry.words.join(' ')} --help`;
  let values: unknown;
  await command
    .options(parser)
    .option('debug', { type: 'boolean', default: false })
    .command(`$0${command.positionals && ` ${command.positionals}`}`, false, {}, (parsed) => {
      values = parsed;
    })
    .fail((message, error) => {
      const text = explained(message || error.message, command);
      throw new UsageError(text, { hint: help, cause: error });
    })
    .parseAsync(strictWords(rest, command, help));
  return { kind: 'run', values };
}

/** Words after `--` are the user's own command's. */
function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--');
  return rest.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

/** yargs' words in ours, with the option that an unknown one was probably meant to be. */
function explained(message: string, command: Command): string {
  if (message.startsWith('Not enough non-option arguments')) return `missing${positionalsText(command)}`;
  const said = message.replace(/\n\s*/g, ' ');
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(said) ?? [];
  if (unknown !== undefined) return unknownText(unknown, command);
  const [, lacking] = /^Missing required arguments?: (.+)/.exec(said) ?? [];
  if (lacking !== undefined) return `${lacking.split(', ').map(dashed).join(' and ')} must be given`;
  const [, option, given, choices] =
    /^Invalid values: Argument: ([^,]+), Given: "(.*)", Choices: (.+)/.exec(said) ?? [];
  if (option === undefined) return said;
  return `${dashed(option)} must be one of ${choices?.replaceAll('"', '')}, not ${given}`;
}

function unknownText(unknown: string, { positionals }: Command): string {
  return `there is one word too many: "${unknown}"${positionals === '' ? '; this command takes options only' : ''}`;
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
