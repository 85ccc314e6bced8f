import type { Options } from 'yargs';
import { widthOf, wrap } from '../text.ts';
import type { Command, OptionTable } from './command.ts';
import type { Entry } from './registry.ts';

/** Options of every command. */
const COMMON: OptionTable = {
  debug: { type: 'boolean', describe: 'Print stack traces' },
  help: { alias: 'h', type: 'boolean', describe: 'Print this help' },
};

/** What stands left of the descriptions takes at most this; a longer one has a line of its own. */
const MAX_LEFT = 26;
const INDENT = 2;
const GAP = 2;
/** A description narrower than this is better read below its option. */
const LEAST_RIGHT = 30;

/** The help of one command, within `columns` (command lines to copy stay whole); ends with a newline. */
export function helpText(entry: Entry, command: Command, columns: number): string {
  const options = Object.entries({ ...command.table, ...COMMON }).filter(([, { hidden }]) => hidden !== true);
  const sections = [
    [`rolecall ${entry.words.join(' ')}${positionalsText(command)} [options]${command.rest ?? ''}`],
    wrap(`${entry.describe}.`, columns, 0),
    [
      'Options:',
      ...pairs(
        options.map(([name, option]) => [leftOf(name, option), rightOf(option)]),
        columns,
      ),
    ],
    ...(command.examples === undefined ? [] : [['Examples:', ...exampleLines(command.examples, columns)]]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** yargs' `<launch>` and `[name]` as this help and the docs write them: `LAUNCH`, `[NAME]`. */
export const positionalsText = ({ positionals }: Command): string =>
  positionals === '' ? '' : ` ${positionals.toUpperCase().replaceAll(/[<>]/g, '')}`;

/** `-y, --yes`, `--env, --environment ENV`, `--output text|json`. */
function leftOf(name: string, option: Options): string {
  const names = [...[option.alias ?? []].flat(), name].sort((one, other) => one.length - other.length);
  const value = placeholder(names.find((each) => each.length > 1) ?? name, option);
  const flags = names.map((each) => (each.length === 1 ? `-${each}` : `--${each}`)).join(', ');
  return value === '' ? flags : `${flags} ${value}`;
}

function placeholder(name: string, { type, choices }: Options): string {
  if (choices !== undefined) return choices.join('|');
  if (type === 'boolean') return '';
  return type === 'number' ? 'N' : (name.split('-').at(-1) ?? name).toUpperCase();
}

const rightOf = ({ describe = '', default: value }: Options): string =>
  value === undefined || value === false ? describe : `${describe} (default: ${String(value)})`;

/** Two columns: names, and what they mean, broken into lines below itself; in narrow windows one below the other. */
function pairs(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const widths = rows.map(([left]) => widthOf(left)).filter((width) => width <= MAX_LEFT);
  const beside = INDENT + Math.max(0, ...widths) + GAP;
  const start = columns - beside < LEAST_RIGHT ? INDENT + 4 : beside;
  return rows.flatMap(([left, right]) => {
    const head = ' '.repeat(INDENT) + left;
    const lines = wrap(right, columns - start, 0).map((line) => ' '.repeat(start) + line);
    return widthOf(head) + GAP <= start
      ? [head + (lines[0] ?? '').slice(widthOf(head)), ...lines.slice(1)]
      : [head, ...lines];
  });
}

/** What each example does stands beside it where all fit, else below. */
function exampleLines(examples: NonNullable<Command['examples']>, columns: number): string[] {
  const widest = Math.max(...examples.map(([line]) => widthOf(line)));
  const beside = examples.map(([line, what]) => `  ${line.padEnd(widest)}  ${what}`);
  if (beside.every((line) => widthOf(line) <= columns)) return beside;
  return examples.flatMap(([line, what]) => [`  ${line}`, ...wrap(`      ${what}`, columns, 6)]);
}
