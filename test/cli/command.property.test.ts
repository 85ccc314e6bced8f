import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Command, OptionSpec } from '../../src/cli/command.ts';
import { camelCased, commandLine } from '../../src/cli/command.ts';
import { parseArguments } from '../../src/cli/parser.ts';
import { findCommand } from '../../src/cli/registry.ts';
import { anyCharacter, holdsAsync } from '../support/property.ts';

type Values = Readonly<Record<string, unknown>>;

async function called(words: readonly string[]) {
  const found = findCommand(words);
  if (found === undefined) throw new Error(`no command is called by: ${words.join(' ')}`);
  return { ...found, command: await found.entry.load() };
}

/** The words of command lines as bash reads them. */
function wordsOf(lines: readonly string[]): string[][] {
  const count = 'words() { printf \'%s\\0\' "$#" "$@"; }';
  const script = [count, ...lines.map((line) => `words ${line}`)].join('\n');
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const all = stdout.split('\0');
  return lines.map(() => all.splice(0, Number(all.shift())));
}

/** What a command parses out of words that begin with its own, without what is undefined. */
async function parsed(words: readonly string[]): Promise<Values> {
  const { entry, command, rest } = await called(words);
  const { kind, ...result } = await parseArguments(entry, command, rest, 80);
  if (kind === 'help' || !('values' in result)) throw new Error('this asks for help');
  return known(result.values as Values, command);
}

const known = (values: Values, { table }: Command): Values =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => name in table && value !== undefined));

const TEXT = fc.oneof(
  fc.string({ minLength: 1, unit: anyCharacter }).filter((text) => !/[\0]/.test(text)),
  fc.constantFrom(
    '-x',
    '--',
    '--yes',
    '=',
    '"quoted"',
    "'",
    "it's",
    '$HOME',
    'a b',
    'true',
    '007',
    '\u001b[0m',
  ),
);

/** A value as the parser gives it; undefined where the option is left out. */
function givenTo({
  type,
  choices,
  array,
  syntax,
  default: usual,
  demandOption,
}: OptionSpec): fc.Arbitrary<unknown> {
  if (choices !== undefined) return fc.constantFrom(...choices);
  if (type === 'boolean') return fc.boolean();
  if (type === 'number') return fc.option(fc.nat(), { nil: undefined });
  if (array === true) return fc.option(fc.array(TEXT, { minLength: 1, maxLength: 3 }), { nil: undefined });
  const text =
    syntax === undefined
      ? TEXT
      : fc.nat({ max: 500 }).map((n) => (syntax === 'number' ? `${n}` : `${n + 1}s`));
  return usual === undefined && demandOption !== true ? fc.option(text, { nil: undefined }) : text;
}

const valuesOf = ({ table }: Command): fc.Arbitrary<Values> =>
  fc.record(Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, givenTo(spec)])));

const ANSWERED = { role: 'web', environment: 'prod', context: 'b' };

describe('a command line that is printed', () => {
  test.each([['launch'], ['plan'], ['scale'], ['replace'], ['status']])(
    'gives %s the values that it was made of',
    async (name) => {
      const { command } = await called([name]);
      const sets = fc.array(valuesOf(command), { minLength: 1, maxLength: 10 });
      await holdsAsync(
        fc.asyncProperty(sets, async (all) => {
          const lines = wordsOf(
            all.map((values) => commandLine(name, command, camelCased(values) as Values)),
          );
          for (const [at, values] of all.entries())
            expect(await parsed(lines[at] ?? [])).toEqual(known(values, command));
        }),
        { numRuns: 8 },
      );
    },
  );

  test('is of plan what plan has of the options of launch', async () => {
    const [launch, plan] = [await called(['launch']), await called(['plan'])];
    await holdsAsync(
      fc.asyncProperty(valuesOf(launch.command), async (values) => {
        const line = commandLine('plan', plan.command, camelCased(values) as Values);
        const expected = known(values, plan.command);
        const output = values['output'] === 'ndjson' ? 'text' : values['output'];
        expect(await parsed(wordsOf([line])[0] ?? [])).toEqual({ ...expected, output });
      }),
      { numRuns: 25 },
    );
  });

  test('holds no default, and the words of a command before its options', async () => {
    const { command } = await called(['watch']);
    const defaults = await parsed(['watch', 'l-1']);
    expect(commandLine('rolecall watch', command, defaults)).toBe('rolecall watch l-1');
    const given = { ...defaults, local: true, catalogue: 'my roles.yaml', timeout: '2m' };
    expect(commandLine('rolecall watch', command, given)).toBe(
      "rolecall watch l-1 --catalogue 'my roles.yaml' --local --timeout 2m",
    );
  });

  test('switches off what is on by default', async () => {
    const { command } = await called(['scale']);
    expect(commandLine('rolecall scale', command, { ...ANSWERED, to: '3', canary: false })).toBe(
      'rolecall scale --to 3 --role web --env prod --context b --no-canary',
    );
  });
});
