import { describe, expect, test } from '@jest/globals';
import type { Command, OptionSpec } from '../../src/cli/command.ts';
import { parseArguments } from '../../src/cli/parser.ts';
import { COMMANDS, type Entry } from '../../src/cli/registry.ts';
import { RolecallError } from '../../src/errors.ts';

const isList = ({ type, array }: OptionSpec): boolean => type === 'array' || array === true;

/** An option of a command, as people write it. */
interface Row {
  readonly entry: Entry;
  readonly command: Command;
  readonly name: string;
  readonly option: OptionSpec;
  /** `release publish --allow-secret`, for messages. */
  readonly line: string;
}

/** Every option of every command: the whole table. One command after the other: Jest links one module at a time. */
const TABLE: Row[] = [];
for (const entry of COMMANDS) {
  const command = await entry.load();
  const all: Record<string, OptionSpec> = { ...command.table, debug: { type: 'boolean' } };
  for (const [name, option] of Object.entries(all))
    if (!positionalsOf(command).includes(name))
      TABLE.push({ entry, command, name, option, line: `${entry.words.join(' ')} --${name}` });
}

function positionalsOf({ positionals }: Command): string[] {
  return positionals.match(/\w+/g) ?? [];
}

const BOOLEANS = TABLE.filter(({ option }) => option.type === 'boolean');
const LISTS = TABLE.filter(({ option }) => isList(option));
const VALUES = TABLE.filter(({ option }) => option.type !== 'boolean' && !isList(option));
const NUMBERS = TABLE.filter(({ option }) => option.type === 'number' || option.syntax === 'number');
const DURATIONS = TABLE.filter(({ option }) => option.syntax?.startsWith('duration'));

/** A value that an option takes. */
function right({ option }: Row, other = false): string {
  if (option.choices !== undefined) return String(option.choices[other ? 1 : 0]);
  if (option.syntax?.startsWith('duration')) return other ? '2m' : '1m';
  return other ? '2' : '1';
}

/** Words for what a command can't go without, beside one option. */
const needed = ({ command, name: own }: Row): string[] => [
  ...(command.positionals.match(/<[^>]+>/g) ?? []).map((_, index) => `word${index}`),
  ...TABLE.filter(
    (row) => row.command === command && row.name !== own && row.option.demandOption === true,
  ).flatMap((row) => [`--${row.name}`, right(row)]),
];

async function valuesOf(row: Row, ...argv: readonly string[]) {
  const parsed = await parseArguments(row.entry, row.command, [...needed(row), ...argv], 80);
  if (parsed.kind === 'help') throw new Error('this asks for help');
  return parsed.values as Readonly<Record<string, unknown>>;
}

/** What a refused command line said; `taken` with the value where it was not refused. */
async function refusal(row: Row, ...argv: readonly string[]): Promise<string> {
  try {
    return `taken: ${JSON.stringify((await valuesOf(row, ...argv))[row.name])}`;
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}`;
  }
}

const camel = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

test('the table is the whole one', () => {
  expect(TABLE.length).toBeGreaterThan(250);
  for (const line of ['scale --dry-run', 'launch --local', 'scale --canary', 'launch --debug'])
    expect(BOOLEANS.map((row) => row.line)).toContain(line);
  for (const line of [
    'launch --count',
    'scale --to',
    'scale --max-failures',
    'local up --port',
    'local up --clock-speed',
  ])
    expect(NUMBERS.map((row) => row.line)).toContain(line);
  for (const line of [
    'watch --timeout',
    'launch --timeout',
    'bundle publish --expires',
    'terminate --lock-wait',
  ])
    expect(DURATIONS.map((row) => row.line)).toContain(line);
});

describe('a boolean of any command', () => {
  test('takes exactly true or false', async () => {
    for (const row of BOOLEANS) {
      const { name, line } = row;
      for (const value of ['yes', 'no', '1', '0', '', 'True', 'FALSE', 'on', 'true ', ' false', 'y', 'null'])
        expect({ line, said: await refusal(row, `--${name}=${value}`) }).toEqual({
          line,
          said: `usage: --${name} takes true or false, not ${JSON.stringify(value)}`,
        });
      for (const [words, value] of [
        [[`--${name}`], true],
        [[`--${name}=true`], true],
        [[`--${name}`, 'true'], true],
        [[`--${name}=false`], false],
        [[`--${name}`, 'false'], false],
        [[`--no-${name}`], false],
      ] as const)
        expect({ line, words, value: (await valuesOf(row, ...words))[name] }).toEqual({ line, words, value });
    }
  });

  test('has one spelling, and its negation takes no value', async () => {
    for (const row of BOOLEANS) {
      const { name, line } = row;
      for (const value of ['yes', 'true', 'false', ''])
        expect({ line, said: await refusal(row, `--no-${name}=${value}`) }).toEqual({
          line,
          said: `usage: --no-${name} takes no value`,
        });
      for (const spelling of [`--${name.toUpperCase()}`, `--${name}.x`, `--no${name}`, `---${name}`])
        expect(await refusal(row, `${spelling}=yes`)).toMatch(/^usage: there is no option /);
    }
  });

  test('with a short name is as strict by that', async () => {
    const short = BOOLEANS.flatMap((row) =>
      [row.option.alias ?? []].flat().flatMap((alias) => (alias.length === 1 ? [{ row, alias }] : [])),
    );
    expect(short.map(({ alias }) => alias)).toEqual(expect.arrayContaining(['y', 'f']));
    for (const { row, alias } of short) {
      for (const value of ['yes', '1', ''])
        expect(await refusal(row, `-${alias}=${value}`)).toBe(
          `usage: -${alias} takes true or false, not ${JSON.stringify(value)}`,
        );
      expect(await refusal(row, `-${alias}es`)).toMatch(/^usage: there is no option -/);
      expect(await refusal(row, `-${alias}${alias}`)).toMatch(/^usage: there is no option -/);
      expect((await valuesOf(row, `-${alias}`))[row.name]).toBe(true);
    }
  });
});

test('no option has a camelCase spelling', async () => {
  const dashed = TABLE.filter(({ name }) => name.includes('-'));
  expect(dashed.length).toBeGreaterThan(25);
  for (const row of dashed)
    for (const words of [[`--${camel(row.name)}`], [`--${camel(row.name)}=1`], [`--no-${camel(row.name)}`]])
      expect(await refusal(row, ...words)).toMatch(/^usage: there is no option --/);
});

describe('an option that is given twice', () => {
  test('has both values where it is a list, one word each', async () => {
    expect(LISTS.map(({ line }) => line)).toContain('release publish --allow-secret');
    for (const row of LISTS) {
      const { name, line } = row;
      const values = await valuesOf(row, `--${name}`, 'a', `--${name}=b`);
      expect({ line, value: values[name] }).toEqual({ line, value: ['a', 'b'] });
    }
  });

  /** Two ways to give one option, and how the second one is spelled. */
  function twice(row: Row): (readonly [one: string, other: string, as: string])[] {
    const { name, option } = row;
    const [one, other] = option.type === 'boolean' ? ['true', 'false'] : [right(row), right(row, true)];
    const aliases = [option.alias ?? []]
      .flat()
      .map((alias) => (alias.length === 1 ? `-${alias}` : `--${alias}`));
    return [
      [`--${name}=${one}`, `--${name}=${one}`, ''],
      [`--${name}=${one}`, `--${name}=${other}`, ''],
      ...aliases.map((flag) => [`--${name}=${one}`, `${flag}=${other}`, flag] as const),
      ...(option.type === 'boolean' ? [[`--${name}`, `--no-${name}`, `--no-${name}`] as const] : []),
    ];
  }

  test('is refused where it has one value, whatever the values and spellings', async () => {
    for (const row of [...VALUES, ...BOOLEANS])
      for (const [one, other, as] of twice(row))
        expect({ line: row.line, said: await refusal(row, one, other) }).toEqual({
          line: row.line,
          said:
            as === ''
              ? `usage: --${row.name} is given twice`
              : `usage: ${as} is given twice (as --${row.name}, too)`,
        });
  });
});

test('a number of any option is a row of digits', async () => {
  for (const row of NUMBERS) {
    const { name, line } = row;
    for (const text of [
      '0x10',
      '1e3',
      '+5',
      ' 5',
      '5 ',
      '-1',
      '1.5',
      '.5',
      '5.0',
      '1_000',
      '1,000',
      '٣',
      '５',
      '',
      'NaN',
      'Infinity',
      '1'.repeat(16),
    ])
      for (const words of [[`--${name}=${text}`], [`--${name}`, text]])
        expect({ line, said: await refusal(row, ...words) }).toEqual({
          line,
          said: `usage: --${name} must be a whole number in digits, such as 5, not ${JSON.stringify(text)}`,
        });
    const value = (await valuesOf(row, `--${name}`, '0012'))[name];
    expect({ line, value: Number(value) }).toEqual({ line, value: 12 });
  }
});

test('a duration is checked wherever it is given, before the command runs', async () => {
  for (const row of DURATIONS) {
    const { name, line } = row;
    for (const text of [
      'garbage',
      '',
      '10',
      '10 m',
      ' 10m',
      '+10m',
      '1e1m',
      '0x1m',
      '-1m',
      '1.5h',
      '10M',
      '1d',
      '٣m',
      '100000s',
      '0m',
    ])
      expect({ line, said: await refusal(row, `--${name}=${text}`) }).toEqual({
        line,
        said: expect.stringMatching(new RegExp(`^usage: --${name} must be a duration such as .*, not `)),
      });
    for (const text of ['90s', '10m', '1h'])
      expect((await valuesOf(row, `--${name}`, text))[name]).toBe(text);
  }
});

describe('a value', () => {
  test('is missing at the end, before another option, and before --', async () => {
    for (const row of [...VALUES, ...LISTS])
      for (const words of [[`--${row.name}`], [`--${row.name}`, '--debug'], [`--${row.name}`, '--', 'x']])
        expect({ line: row.line, said: await refusal(row, ...words) }).toEqual({
          line: row.line,
          said: `usage: --${row.name} needs a value`,
        });
  });

  test('is never empty: a variable of a CI job may be unset', async () => {
    for (const row of [...VALUES, ...LISTS]) {
      const { name, option } = row;
      for (const words of [[`--${name}`, ''], [`--${name}=`]]) {
        const said = await refusal(row, ...words);
        const must = option.type === 'number' || option.syntax !== undefined ? 'must be' : 'needs a value';
        expect({ line: row.line, said: said.slice(0, `usage: --${name} ${must}`.length) }).toEqual({
          line: row.line,
          said: `usage: --${name} ${must}`,
        });
      }
    }
  });

  test('may begin with a dash where it is no option', async () => {
    const row = VALUES.find(({ line }) => line === 'release promote --why');
    if (row === undefined) throw new Error('release promote has no --why');
    for (const words of [['--why', '-1 day'], ['--why', '- it was late'], ['--why=--debug']])
      expect((await valuesOf(row, ...words))['why']).toBe(words.at(-1)?.replace('--why=', ''));
  });
});

test('a positional word is no option', async () => {
  for (const entry of COMMANDS) {
    const command = await entry.load();
    for (const name of positionalsOf(command)) {
      const row = { entry, command, name, option: {}, line: '' };
      expect(await refusal(row, `--${name}=x`)).toMatch(/^usage: there is no option --/);
    }
  }
});

test('a positional word is never empty', async () => {
  let tried = 0;
  for (const entry of COMMANDS) {
    const command = await entry.load();
    const [name] = positionalsOf(command);
    if (name === undefined) continue;
    tried += 1;
    const parsing = parseArguments(
      entry,
      command,
      ['', ...(command.rest === undefined ? [] : ['--', 'x'])],
      80,
    );
    await expect(parsing).rejects.toThrow(/is empty$/);
  }
  expect(tried).toBeGreaterThan(10);
});

describe('words after --', () => {
  test('are refused by every command that runs no command of the user', async () => {
    for (const entry of COMMANDS) {
      const command = await entry.load();
      if (command.rest !== undefined) continue;
      const row = { entry, command, name: '', option: {}, line: entry.words.join(' ') };
      for (const words of [
        ['--', '--dry-run'],
        ['--', ''],
        ['--', '--', '--help'],
      ])
        expect({ line: row.line, said: await refusal(row, ...words) }).toEqual({
          line: row.line,
          said: expect.stringMatching(/^usage: .* after --$/),
        });
    }
  });

  test('are the command itself where one is run, empty words too', async () => {
    const entry = COMMANDS.find(({ words }) => words.join(' ') === 'local exec');
    if (entry === undefined) throw new Error('there is no local exec');
    const parsed = await parseArguments(
      entry,
      await entry.load(),
      ['i-1', '--', 'printf', '', '--dry-run'],
      80,
    );
    expect(parsed).toMatchObject({ values: { '--': ['printf', '', '--dry-run'] } });
  });
});

test('a list takes one word each time: the next one is the command’s own, or one too many', async () => {
  for (const row of LISTS) {
    const [own] = positionalsOf(row.command);
    const words = [`--${row.name}`, 'a', 'word'];
    if (own === undefined) {
      expect(await refusal(row, ...words)).toMatch(/^usage: there is one word too many: "word"/);
      continue;
    }
    const parsed = await parseArguments(row.entry, row.command, words, 80);
    if (parsed.kind === 'help') throw new Error('this asks for help');
    expect(parsed.values).toMatchObject({ [row.name]: ['a'], [own]: 'word' });
  }
});
