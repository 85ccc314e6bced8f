import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
import { type Command, type OptionSpec, type OptionTable, positionalNames } from './command.ts';
import { lacking } from './syntax.ts';

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
export function strictWords(words: readonly string[], command: Command, help: string): string[] {
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
  if (negated?.option.type !== 'boolean') return refuse(unknownText(flag, command));
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

function unknownText(flag: string, { optionNames }: Command): string {
  const near = nearest(flag.replace(/^-+/, ''), optionNames);
  const meant = near === undefined ? '' : `; did you mean ${near.length === 1 ? '-' : '--'}${near}?`;
  return `there is no option ${flag}${meant}`;
}
