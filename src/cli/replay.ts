import { optionText, shellWord } from '../text.ts';
import { type Command, type OptionSpec, positionalNames } from './command.ts';

/**
 * The command line that calls a command with these values, as a shell reads it. It holds what differs from the defaults; what
 * the command has no option for, or no such choice, is left out.
 * @param name the words that call it: `rolecall plan`
 */
export function commandLine(
  name: string,
  command: Pick<Command, 'positionals' | 'table'>,
  values: Readonly<Record<string, unknown>>,
): string {
  const own = positionalNames(command);
  const words = own.flatMap((word) => (values[word] === undefined ? [] : [shellWord(String(values[word]))]));
  const options = Object.entries(command.table).flatMap(([option, spec]) =>
    own.includes(option) ? [] : optionWords(flagOf(option, spec), spec, values[option]),
  );
  return [name, ...words, ...options].join(' ');
}

function optionWords(flag: string, { type, choices, default: usual }: OptionSpec, value: unknown): string[] {
  if (value === undefined || value === usual) return [];
  if (type === 'boolean') return [value === true ? `--${flag}` : `--no-${flag}`];
  if (choices?.every((choice) => choice !== value)) return [];
  return [value].flat().map((each) => optionText(flag, String(each)));
}

/** The shortest of an option's long names: `env`, not `environment`. */
const flagOf = (name: string, { alias }: OptionSpec): string =>
  [[alias ?? []].flat(), name]
    .flat()
    .filter((each) => each.length > 1)
    .sort((one, other) => one.length - other.length)[0] ?? name;
