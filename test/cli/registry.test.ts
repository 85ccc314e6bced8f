import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/cli/registry.ts';
import { EXIT_CODES } from '../../src/errors.ts';
import { widthOf } from '../../src/text.ts';
import { ROOT } from '../support/cli.ts';
import { rolecall, words } from './run.ts';

const NAMES = COMMANDS.map((entry) => entry.words.join(' '));

describe('help', () => {
  test.each([[''], ['--help'], ['-h'], ['help'], ['help --help']])(
    'rolecall %s lists every command',
    async (line) => {
      const { code, stdout, stderr } = await rolecall(line === '' ? [] : words(line));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const listed = stdout.match(/^ {2}\S.*$/gm)?.map((each) => each.slice(2).split(/ {2,}/)[0]);
      expect(listed).toEqual(NAMES);
    },
  );

  test.each(NAMES)('%s: --help, -h and help tell the same, within the window', async (name) => {
    const asked = await rolecall([...words(name), '--help'], { columns: 80 });
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout.split('\n')[0]).toMatch(new RegExp(`^rolecall ${name}( |$)`));
    expect(await rolecall([...words(name), '-h'], { columns: 80 })).toEqual(asked);
    expect(await rolecall(['help', ...words(name)], { columns: 80 })).toEqual(asked);
    const [description = '', ...lines] = asked.stdout.split('\n').slice(2);
    expect(description).toMatch(/^[A-Z].*\.$/);
    for (const line of lines.filter((each) => !/^ {2}(rolecall|launch) /.test(each)))
      expect({ line, fits: widthOf(line) <= 80 }).toEqual({ line, fits: true });
  });

  test('each option has a description that begins with a capital and ends without a full stop', async () => {
    for (const { words: name, load } of COMMANDS) {
      for (const [option, { describe: text, hidden }] of Object.entries((await load()).table)) {
        if (hidden === true) continue;
        expect(`${name.join(' ')} --${option}: ${text}`).toMatch(/: [A-Z].*[^.]$/);
      }
    }
  });

  test('says a default once, and shows what a value may be', async () => {
    const { stdout } = await rolecall(words('launch --help'), { columns: 80 });
    expect(stdout).toContain('  --output text|json|ndjson  Format of stdout (default: text)\n');
    expect(stdout).toContain('  --count N                  How many machines (default: 1)\n');
    expect(stdout).toContain('  --env, --environment ENV   Environment of the catalogue\n');
    expect(stdout).toContain('  -y, --yes                  ');
    expect(stdout).toContain('\n  launch --role memcached --env prod --context b\n');
  });

  test('in a narrow window descriptions stand below their options', async () => {
    const { stdout } = await rolecall(words('launch --help'), { columns: 40 });
    expect(stdout).toContain('  --count N\n      How many machines (default: 1)\n');
  });

  test('what stands after -- is no question for help', async () => {
    const { code, stderr } = await rolecall(words('local exec i-0123456789abcdef0 -- ls --help'));
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no local cloud is up'),
    });
  });

  test.each(['roles', 'local'])('%s alone lists its own commands', async (group) => {
    const own = NAMES.filter((name) => name.startsWith(`${group} `));
    for (const argv of [[group], [group, '--help'], ['help', group]]) {
      const { code, stdout } = await rolecall(argv);
      expect(code).toBe(0);
      expect(NAMES.filter((name) => stdout.includes(`\n  ${name} `))).toEqual(own);
    }
  });

  test('exit-codes prints the table, as text and as data', async () => {
    const text = await rolecall(words('help exit-codes'));
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(EXIT_CODES.length);
    expect(text.stdout).toContain('  3  a machine failed or was lost\n');
    const data = await rolecall(words('help exit-codes --output json'));
    expect(JSON.parse(data.stdout)).toEqual(EXIT_CODES);
  });
});

test.each(['--version', '-v', 'launch --version'])(
  'rolecall %s prints the version of the package',
  async (line) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await rolecall(words(line))).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  },
);

describe('a mistake', () => {
  test.each([
    ['lanch', 'there is no command "lanch"; did you mean "launch"?', 'rolecall --help'],
    ['roles lst', 'there is no command "roles lst"; did you mean "roles list"?', 'rolecall --help'],
    [
      'rols list --output json',
      'there is no command "rols list"; did you mean "roles list"?',
      'rolecall --help',
    ],
    ['help exit', 'there is no command "help exit"; did you mean "help exit-codes"?', 'rolecall --help'],
    ['help lanch', 'there is no command "lanch"; did you mean "launch"?', 'rolecall --help'],
    ['frobnicate', 'there is no command "frobnicate"', 'rolecall --help'],
    [
      '--role web',
      'no command stands before --role',
      'rolecall --help lists the commands; the main one is rolecall launch',
    ],
    ['launch --rol web', 'there is no option --rol; did you mean --role?', 'rolecall launch --help'],
    ['launch --role', '--role needs a value', 'rolecall launch --help'],
    ['launch --output xml', '--output must be one of text, json, ndjson, not xml', 'rolecall launch --help'],
    [
      'validate extra',
      'there is one word too many: "extra"; this command takes options only',
      'rolecall validate --help',
    ],
    ['watch', 'missing LAUNCH', 'rolecall watch --help'],
    ['watch ../x', '"../x" is no launch id', 'launch prints it; the tag rolecall:launch holds it'],
    ['console web-1', '"web-1" is no instance id', 'one looks like i-0123456789abcdef0'],
    ['roles show web --role worker', 'two roles are named: web and --role worker', 'name one of them'],
  ])('rolecall %s: exit 2, what is wrong, what to do', async (line, message, hint) => {
    expect(await rolecall(words(line))).toEqual({
      code: 2,
      stdout: expect.any(String),
      stderr: `error: ${message}\n  → ${hint}\n`,
    });
  });
});
