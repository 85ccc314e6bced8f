import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pickLaunch } from '../../../src/cli/prompts/picker.ts';
import { listChoices } from '../../../src/cli/prompts/prompts.ts';
import { UsageError } from '../../../src/errors.ts';
import { terminal } from '../../../src/terminal/terminal.ts';
import { unpainted, widthOf } from '../../../src/text.ts';
import { bundleDriver, onPty } from '../../terminal/pty.ts';

const CHOICES = {
  roles: [
    { value: 'memcached', description: 'an in-memory cache for sessions, one in each zone' },
    { value: 'web', description: 'the public web servers' },
  ],
  environments: [{ value: 'prod' }, { value: 'staging' }],
  contexts: [{ value: 'a' }, { value: 'b' }],
};

const DRIVER = `
import { exitCodeOfError } from './src/errno.ts';
import { errorReport } from './src/terminal/errors.ts';
import { pickLaunch } from './src/cli/prompts/picker.ts';
import { confirm } from './src/cli/prompts/prompts.ts';
import { terminal } from './src/terminal/terminal.ts';
const term = terminal(process, process.env);
try {
  const answers = await pickLaunch(term, ${JSON.stringify(CHOICES)}, JSON.parse(process.env.GIVEN ?? '{}'));
  const yes = answers.picked && (await confirm(term, 'Launch?', false));
  process.stdout.write([answers.role, answers.environment, answers.context, answers.count].join(' ') + '\\nyes: ' + yes + '\\n');
} catch (error) {
  process.stderr.write(errorReport(error, { debug: false, colour: term.colour.stderr }));
  process.exitCode = exitCodeOfError(error);
}
`;

const DOWN = '\u001b[B';
const ENTER = '\r';

let driver: { file: string; remove: () => Promise<void> };
beforeAll(async () => {
  driver = await bundleDriver(DRIVER);
});
afterAll(() => driver.remove());

describe('on a real terminal', () => {
  test.each([40, 80])('asks for role, environment, context and count in %i columns', async (columns) => {
    const program = onPty(driver.file, { columns });
    await program.sees('Which role?');
    await program.sees('❯ memcached  an in-memory cache');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('In which environment?');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('In which context?');
    await program.sees('select');
    program.send(DOWN);
    await program.sees('❯ b');
    program.send(ENTER);
    await program.sees('How many machines? (1)');
    program.send('2');
    await program.sees('2');
    program.send(ENTER);
    await program.sees('Launch? (y/N)');
    program.send(`y${ENTER}`);
    await program.sees('memcached prod b 2');
    await program.sees('yes: true');
    expect(await program.ended()).toBe(0);
    const shown = stripVTControlCharacters(program.raw()).split(/[\r\n]+/);
    for (const line of shown.filter((text) => /^[❯ ] (memcached|web)/.test(text))) {
      expect(widthOf(line)).toBeLessThan(columns);
    }
  });

  test('refuses a count out of bounds and asks again', async () => {
    const program = onPty(
      driver.file,
      { columns: 80 },
      { env: { GIVEN: '{"environment":"prod","context":"b"}' } },
    );
    await program.sees('Which role?');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('How many machines?');
    program.send('1001');
    await program.sees('1001');
    program.send(ENTER);
    await program.sees('between 1 and 1000');
    program.send(`\u007f${ENTER}`);
    await program.sees('Launch?');
    program.send(ENTER);
    await program.sees(' 100\r\n');
    await program.sees('yes: false');
    expect(await program.ended()).toBe(0);
  });

  test('asks only for what is open', async () => {
    const program = onPty(driver.file, { columns: 80 }, { env: { GIVEN: '{"role":"web","context":"b"}' } });
    await program.sees('In which environment?');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('Launch?');
    program.send(ENTER);
    await program.sees('web prod b 1\r\n');
    expect(await program.ended()).toBe(0);
    expect(program.raw()).not.toContain('Which role?');
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s gives up with exit code 130, and shows the cursor again', async (_name, key) => {
    const program = onPty(driver.file, { columns: 80 });
    await program.sees('Which role?');
    await program.sees('select');
    program.send(key);
    await program.sees('interrupted: given up at a question');
    expect(await program.ended()).toBe(130);
    const raw = program.raw();
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
  });

  test('draws on stderr: stdout holds only data', async () => {
    const data = join(dirname(driver.file), 'stdout.txt');
    const given = '{"role":"web","environment":"prod"}';
    const program = onPty(driver.file, { columns: 80 }, { env: { GIVEN: given }, redirect: data });
    await program.sees('In which context?');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('Launch?');
    program.send(ENTER);
    expect(await program.ended()).toBe(0);
    expect(await readFile(data, 'utf8')).toBe('web prod a 1\nyes: false\n');
  });

  test('NO_COLOR: no colours', async () => {
    const program = onPty(driver.file, { columns: 80 }, { env: { NO_COLOR: '1' } });
    await program.sees('Which role?');
    await program.sees('select');
    program.send('\u0003');
    expect(await program.ended()).toBe(130);
    expect(program.raw()).toBe(unpainted(program.raw()));
  });

  test('CI: no question, even on a terminal', async () => {
    const program = onPty(driver.file, { columns: 80 }, { env: { CI: 'true' } });
    await program.sees('missing --role, --env, --context');
    expect(await program.ended()).toBe(2);
  });
});

describe('without a terminal', () => {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };

  test('names the missing flags and what they may be', async () => {
    const asked = pickLaunch(terminal(streams, {}), CHOICES, { role: 'web', environment: 'prod' });
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      message: 'missing --context: without a terminal rolecall asks no questions',
      hint: 'add --context a|b',
    });
    expect(streams.stderr.read()).toBeNull();
  });

  test('needs no answer when all is given: the count is 1', async () => {
    const given = { role: 'web', environment: 'prod', context: 'a' };
    expect(await pickLaunch(terminal(streams, {}), CHOICES, given)).toEqual({
      ...given,
      count: 1,
      picked: false,
    });
  });
});

test('a description that is cut in the list is shown whole below it', () => {
  const [cut, whole] = listChoices(CHOICES.roles, 37);
  expect(cut).toEqual({
    value: 'memcached',
    name: 'memcached  an in-memory cache for se…',
    short: 'memcached',
    description: 'an in-memory cache for sessions, one\nin each zone',
  });
  expect(whole).toEqual({ value: 'web', name: 'web        the public web servers', short: 'web' });
});
