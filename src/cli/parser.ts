import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
import { wholeNumber } from '../text.ts';
import { DURATION } from '../yaml/texts.ts';
import { type Command, type OptionSpec, type OptionTable, positionalNames, type Syntax } from './command.ts';
import { helpText, positionalsText } from './help.ts';
import type { Entry } from './registry.ts';

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

/** Options of every command that the parser knows beside the command's own. */
const COMMON: OptionTable = { debug: { type: 'boolean' } };

/** An option as it stands on the command line. */
interface Given {
  /** As typed: `--env`. */
  readonly flag: string;
  /** The table's name: `environment`. */
  readonly name: string;
  readonly option: OptionSpec;
  readonly value: string;
}

/**
 * Reads the words of a command line strictly, and writes every option as `--NAME=VALUE`, so that nothing is left to guess: a
 * boolean takes exactly true or false, any option but a list is given once, and a value has its option's syntax and is not
 * empty.
 * @param words the arguments of the command, without its own words
 * @param help the command line that prints the command's help
 * @throws UsageError
 */
function strictWords(words: readonly string[], command: Command, help: string): string[] {
  const refuse = (message: string, hint = help): never => {
    throw new UsageError(message, { hint });
  };
  const result: string[] = [];
  const seen = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...result, ...userWords(words.slice(at), command, refuse)];
    if (!looksLikeOption(word)) {
      if (word === '') refuse(`argument ${result.length + 1} is empty`, 'is a variable unset?');
      result.push(word);
      continue;
    }
    const { given, taken } = optionAt(word, words[at + 1], command, refuse);
    at += taken;
    checkValue(given, refuse);
    const before = seen.get(given.name);
    if (before !== undefined && !isList(given.option))
      refuse(`${given.flag} is given twice${before === given.flag ? '' : ` (as ${before}, too)`}`);
    seen.set(given.name, given.flag);
    result.push(strictWord(given));
  }
  return result;
}

/** yargs takes one pair of quotes away from each word of a list. */
const strictWord = ({ name, option, value }: Given): string =>
  `--${name}=${isList(option) ? `"${value}"` : value}`;

/** What stands from `--` on: the user's own command. Dropped in silence, a `--dry-run` there would do the real thing. */
function userWords(words: readonly string[], command: Command, refuse: Refuse): readonly string[] {
  const [, first] = words;
  if (first === undefined || command.rest !== undefined) return words;
  return refuse(`${JSON.stringify(first)} stands after --`, 'this command runs no other: leave out the --');
}

/** `-5` and `- a text` are values; `-` is a file's usual name for stdin. */
const looksLikeOption = (word: string): boolean => /^--?[A-Za-z_]/.test(word) || word.startsWith('--');

type Refuse = (message: string, hint?: string) => never;

/** An option with its value; `taken`: how many of the words behind it are that value. */
interface Read {
  readonly given: Given;
  readonly taken: 0 | 1;
}

function optionAt(word: string, next: string | undefined, command: Command, refuse: Refuse): Read {
  const [, flag = '', inline] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const found = optionOf(flag, command);
  if (found === undefined) return negationOf(flag, inline, command, refuse);
  if (inline !== undefined) return { given: { flag, ...found, value: inline }, taken: 0 };
  if (found.option.type === 'boolean') {
    // The word behind a boolean is the boolean's own only where it could be nothing else.
    const taken = next === 'true' || next === 'false';
    return { given: { flag, ...found, value: taken ? next : 'true' }, taken: taken ? 1 : 0 };
  }
  if (next === undefined) return refuse(`${flag} needs a value`);
  if (looksLikeOption(next))
    return refuse(`${flag} needs a value`, `if ${next} is the value, write ${flag}=${next}`);
  return { given: { flag, ...found, value: next }, taken: 1 };
}

/** `--no-canary`: a boolean that is switched off. */
function negationOf(flag: string, inline: string | undefined, command: Command, refuse: Refuse): Read {
  const negated = flag.startsWith('--no-') ? optionOf(`--${flag.slice('--no-'.length)}`, command) : undefined;
  if (negated?.option.type !== 'boolean') return refuse(unknownOption(flag, command));
  if (inline === undefined) return { given: { flag, ...negated, value: 'false' }, taken: 0 };
  return refuse(`${flag} takes no value`, `write ${flag}, or --${negated.name}=true`);
}

function checkValue({ flag, option, value }: Given, refuse: Refuse): void {
  if (option.type === 'boolean') {
    if (value !== 'true' && value !== 'false')
      refuse(
        `${flag} takes true or false, not ${JSON.stringify(value)}`,
        `write ${flag}, or ${flag}=false, or leave the option out`,
      );
    return;
  }
  const must = lacking(option, value);
  if (must !== undefined) refuse(`${flag} must be ${must}, not ${JSON.stringify(value)}`);
  if (value === '') refuse(`${flag} needs a value`, 'it is empty: is a variable unset?');
}

/** The option of a flag as typed; undefined where the command has none. */
function optionOf(flag: string, command: Command): Pick<Given, 'name' | 'option'> | undefined {
  const bare = flag.replace(/^--?/, '');
  const dashes = flag.length - bare.length;
  // One letter has one dash, any longer name two.
  if (bare === '' || dashes !== (bare.length === 1 ? 1 : 2)) return undefined;
  for (const [name, option] of Object.entries({ ...COMMON, ...command.table })) {
    const isOwn = !positionalNames(command).includes(name);
    if (isOwn && (name === bare || [option.alias ?? []].flat().includes(bare))) return { name, option };
  }
  return undefined;
}

const isList = ({ type, array }: OptionSpec): boolean => type === 'array' || array === true;

function unknownOption(flag: string, { optionNames }: Command): string {
  const near = nearest(flag.replace(/^-+/, ''), optionNames);
  const meant = near === undefined ? '' : `; did you mean ${near.length === 1 ? '-' : '--'}${near}?`;
  return `there is no option ${flag}${meant}`;
}

const MUST_BE: Readonly<Record<Syntax, string>> = {
  number: 'a whole number in digits, such as 5',
  duration: 'a duration such as 90s, 10m or 1h',
  'duration-or-0s': 'a duration such as 30s, 10m or 1h, or 0s',
};

/** What a value must be and isn't: `a duration such as 90s, 10m or 1h`. Undefined where the value is right. */
function lacking(option: OptionSpec, text: string): string | undefined {
  const syntax = option.syntax ?? (option.type === 'number' ? 'number' : undefined);
  return syntax === undefined || isOf(syntax, text) ? undefined : MUST_BE[syntax];
}

function isOf(syntax: Syntax, text: string): boolean {
  switch (syntax) {
    case 'number':
      return !Number.isNaN(wholeNumber(text));
    case 'duration':
      return new RegExp(DURATION).test(text);
    case 'duration-or-0s':
      return text === '0s' || new RegExp(DURATION).test(text);
  }
}
