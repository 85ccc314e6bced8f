import type { OptionSpec } from '../../../../src/cli/command.ts';
import { COMMANDS } from '../../../../src/cli/registry.ts';
import type { Random } from '../../random.ts';
import type { Generator } from '../input.ts';
import { ODD_WORDS } from '../words.ts';

/** Commands that wait for machines or for a terminal, whatever their options. */
const SLOW = /^(?:local up|module test)$/;

interface Row {
  readonly words: readonly string[];
  /** Words that the command can't go without. */
  readonly needed: readonly string[];
  readonly options: readonly (readonly [name: string, option: OptionSpec])[];
}

/** The parser's own table, so that each option of each command is tried. */
const TABLE: Row[] = [];
for (const { words, load } of COMMANDS.filter((entry) => !SLOW.test(entry.words.join(' ')))) {
  const { table, positionals } = await load();
  const own: readonly string[] = positionals.match(/[\w-]+/g) ?? [];
  TABLE.push({
    words,
    needed: (positionals.match(/<\w+>/g) ?? []).map(() => 'word'),
    options: Object.entries<OptionSpec>({ ...table, debug: { type: 'boolean' } }).filter(
      ([name]) => !own.includes(name),
    ),
  });
}

const BOOLEANS = ['yes', 'no', '1', '0', '', 'TRUE', 'on', 'true ', 'null'];
const NUMBERS = ['0x10', '1e3', '+5', ' 5', '-1', '1.5', '1_000', '٣', '', 'NaN', '9'.repeat(40)];
const DURATIONS = ['garbage', '10', '10 m', '-1m', '1.5h', '10M', '0m', '100000s', '1h30m', ''];

/** One option as nobody should give it. */
function odd(name: string, option: OptionSpec, random: Random): readonly string[] {
  const wrong =
    option.type === 'boolean'
      ? BOOLEANS
      : option.type === 'number' || option.syntax === 'number'
        ? NUMBERS
        : option.syntax === undefined
          ? ODD_WORDS
          : DURATIONS;
  const value = random.pick(wrong);
  const camel = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return random.pick<readonly string[]>([
    [`--${name}=${value}`],
    [`--${name}`, value],
    [`--${camel}=${value}`],
    [`--no-${name}=${value}`],
    [`--no-${name}`],
    [`--${name}`],
    [`--${name}=${value}`, `--${name}=${random.pick(wrong)}`],
    [`--${name}.${random.pick(['x', '__proto__', '0'])}=${value}`],
  ]);
}

const FLEET = ['--role', 'web', '--env', 'prod', '--context', 'b'];

/** Each option of each command, with a value, a spelling or a number of times that it can't have. */
export const flags: Generator = {
  name: 'flags',
  next: (random) => {
    const { words, needed, options } = random.pick<Row>(TABLE);
    const [name, option] = random.pick(options);
    const fleet = random.chance(0.5) && options.some(([each]) => each === 'role') ? FLEET : [];
    const line = [...words, ...random.shuffled([odd(name, option, random), needed, fleet]).flat()];
    return { what: `an odd --${name}`, argv: line };
  },
};
