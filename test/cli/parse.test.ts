import { describe, expect, test } from '@jest/globals';
import type { Options } from 'yargs';
import type { Command } from '../../src/cli/command.ts';
import { COMMANDS, type Entry } from '../../src/cli/commands.ts';
import { parseArguments } from '../../src/cli/parse.ts';

const isList = ({ type, array }: Options): boolean => type === 'array' || array === true;

/** Words for what a command can't go without: its positional arguments, and its required options. */
const needed = ({ positionals, table }: Command): string[] => [
  ...(positionals.match(/<[^>]+>/g) ?? []).map((_, index) => `word${index}`),
  ...Object.entries(table).flatMap(([name, { demandOption }]) =>
    demandOption === true && !positionals.includes(name) ? [`--${name}`, '1'] : [],
  ),
];

async function valuesOf(entry: Entry, command: Command, argv: readonly string[]) {
  const parsed = await parseArguments(entry, command, argv, 80);
  if (parsed.kind === 'help') throw new Error('this asks for help');
  return parsed.values as Readonly<Record<string, unknown>>;
}

/** The options that take values, of every command, that are lists or that are none. */
async function optionsThatAre(lists: boolean) {
  const found: { entry: Entry; command: Command; name: string; option: Options; line: string }[] = [];
  for (const entry of COMMANDS) {
    const command = await entry.load();
    for (const [name, option] of Object.entries(command.table))
      if (option.type !== 'boolean' && !command.positionals.includes(name) && isList(option) === lists)
        found.push({ entry, command, name, option, line: `${entry.words.join(' ')} --${name}` });
  }
  return found;
}

describe('an option that is given twice', () => {
  test('has both values where it is a list', async () => {
    const lists = await optionsThatAre(true);
    expect(lists.map(({ line }) => line)).toContain('release publish --allow-secret');
    for (const { entry, command, name, line } of lists) {
      const argv = [`--${name}`, 'a', ...needed(command), `--${name}`, 'b'];
      expect({ line, value: (await valuesOf(entry, command, argv))[name] }).toEqual({
        line,
        value: ['a', 'b'],
      });
    }
  });

  test('has the last value where it is none', async () => {
    for (const { entry, command, name, option, line } of await optionsThatAre(false)) {
      const [one, two] = option.choices?.map(String) ?? ['1', '2'];
      const argv = [...needed(command), `--${name}`, `${one}`, `--${name}`, `${two}`];
      const value = option.type === 'number' ? Number(two) : two;
      expect({ line, value: (await valuesOf(entry, command, argv))[name] }).toEqual({ line, value });
    }
  });

  test('as a flag is as good as one', async () => {
    const entry = COMMANDS.find(({ words }) => words.join(' ') === 'release build');
    const command = await entry?.load();
    if (entry === undefined || command === undefined) throw new Error('there is no release build');
    expect(await valuesOf(entry, command, ['--dirty', '--dirty'])).toMatchObject({ dirty: true });
  });
});

test('a list takes one word each time: the next one is the command’s own', async () => {
  for (const { entry, command, name, line } of await optionsThatAre(true)) {
    const own = command.positionals.match(/\w+/)?.[0] ?? '';
    const parsed = await valuesOf(entry, command, [`--${name}`, 'a', 'word']);
    expect({ line, list: parsed[name], own: parsed[own] }).toEqual({ line, list: ['a'], own: 'word' });
  }
});
