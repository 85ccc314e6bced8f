import type { Argv, InferredOptionTypes, Options } from 'yargs';
import type { ExitCode } from '../errors.ts';
import type { Host } from './context.ts';
import type { Syntax } from './syntax.ts';

/** An option as yargs takes it, with the syntax of its value. */
export type OptionSpec = Options & { readonly syntax?: Syntax };
/** A command's options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;
/** The values that yargs parses for a table of options. */
export type Values<O extends OptionTable> = InferredOptionTypes<O>;

/** One command: its arguments, and what it does with them. A command's module must load fast: it imports its work lazily. */
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
    run: (values, host) => spec.run(values as Values<O>, host),
  };
}

/** What requires a value takes the next word as it stands; elsewhere yargs would take quotes away from it. */
const asYargs = (table: OptionTable, own: readonly string[]): OptionTable =>
  Object.fromEntries(
    Object.entries(table).map(([name, option]) => [
      name,
      option.type === 'boolean' || own.includes(name) ? option : { ...option, requiresArg: true },
    ]),
  );
