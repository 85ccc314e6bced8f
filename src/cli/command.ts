import type { Argv, InferredOptionTypes, Options } from 'yargs';
import type { ExitCode } from '../errors.ts';
import { optionText, shellWord } from '../text.ts';
import type { Host } from './context.ts';

/** What the text of an option's value must be, wherever the option is given. */
export type Syntax = 'number' | 'duration' | 'duration-or-0s';

/** An option as yargs takes it, with the syntax of its value. */
export type OptionSpec = Options & { readonly syntax?: Syntax };
/** A command's options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;
type CamelCase<Name> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** The values for a table of options, as use cases name them: `launchId` is that of `--launch-id`. */
export type Values<O extends OptionTable> = {
  [Name in keyof InferredOptionTypes<O> as CamelCase<Name>]: InferredOptionTypes<O>[Name];
};

/** One command: its arguments, and what it does with them. */
export interface Command {
  /** Positional arguments in yargs' notation (`<launch>`, `[folder]`); empty where it takes none. */
  readonly positionals: string;
  /** What the user's own words after `--` are: ` -- COMMAND`. */
  readonly rest?: string;
  readonly table: OptionTable;
  /** Names its options on a parser. */
  readonly options: (parser: Argv) => Argv;
  /** Their names, for suggestions. */
  readonly optionNames: readonly string[];
  /** Example command lines with what each does, for `--help`. */
  readonly examples?: readonly (readonly [string, string])[];
  readonly run: (values: unknown, host: Host) => Promise<ExitCode>;
}

/** Names of positional arguments. */
export const positionalNames = ({ positionals }: Pick<Command, 'positionals'>): string[] =>
  positionals.match(/[\w-]+/g) ?? [];

/** Ties a table of options to the function that gets their values, so that neither can drift from the other. */
export function command<const O extends OptionTable>(spec: {
  readonly positionals?: string;
  readonly rest?: string;
  readonly options: O;
  readonly examples?: readonly (readonly [string, string])[];
  readonly run: (values: Values<O>, host: Host) => Promise<ExitCode>;
}): Command {
  const { positionals = '' } = spec;
  return {
    positionals,
    ...(spec.rest !== undefined && { rest: spec.rest }),
    table: spec.options,
    options: (parser) => parser.options(asYargs(spec.options, positionalNames({ positionals }))),
    optionNames: Object.entries(spec.options as OptionTable).flatMap(([name, { hidden, alias }]) =>
      hidden === true ? [] : [name, ...[alias ?? []].flat()],
    ),
    ...(spec.examples && { examples: spec.examples }),
    run: (values, host) => spec.run(camelCased(values as object) as Values<O>, host),
  };
}

const camelCase = (name: string): string =>
  name.replaceAll(/\b-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Values under the names that use cases give them. */
export const camelCased = (values: object): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [camelCase(name), value]));

/** What requires a value takes the next word as it stands; elsewhere yargs would take quotes away from it. */
const asYargs = (table: OptionTable, own: readonly string[]): OptionTable =>
  Object.fromEntries(
    Object.entries(table).map(([name, option]) => [
      name,
      option.type === 'boolean' || own.includes(name) ? option : { ...option, requiresArg: true },
    ]),
  );

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
    own.includes(option) ? [] : optionWords(flagOf(option, spec), spec, values[camelCase(option)]),
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
