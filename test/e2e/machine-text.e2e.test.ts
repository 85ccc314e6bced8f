import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { rehearsal } from '../support/rehearsal.ts';

/** A machine that prints what would drive a terminal or a CI system. */
const box = sandbox();
const catalogue = join(box.home, 'hostile.yaml');
const LINES = [
  '\u001b]0;owned\u0007\u001b[2Jred',
  'x\r::add-mask::e',
  'see ##[set-output name=x]y',
  '\u202etxt.exe',
];
const TAKEN_OUT = /[^\n\P{Cc}]|\p{Cf}/u;
let id = '';

const rolecall = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  box.run([...words, '--catalogue', catalogue, '--local'], { env });

beforeAll(async () => {
  writeFileSync(
    catalogue,
    readFileSync(rehearsal(box.home), 'utf8').replace(/^ami:/m, 'bucket: e2e-hostile\nami:'),
  );
  const faults = join(box.home, 'faults.json');
  writeFileSync(faults, JSON.stringify({ boxes: { outcomes: [{ kind: 'failed', lines: LINES }] } }));
  const up = ['local', 'up', '--boxes', 'simulated', '--clock-speed', '20', '--faults', faults];
  expect(await box.run(up)).toMatchObject({ code: 0 });
  const words = ['launch', '--role', 'fails', '--env', 'prod', '--context', 'b', '--output', 'json'];
  const { code, stdout } = await rolecall(words, { GITHUB_ACTIONS: 'true' });
  expect(code).toBe(3);
  expect(stdout).not.toContain('##[');
  id = JSON.parse(stdout).machines[0].instance_id;
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

test.each(['console', 'logs'])(
  '%s is harmless in a pipe, too, and has the bytes with --raw',
  async (command) => {
    const shown = await rolecall([command, id]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/red\n[\s\S]*\n::add-mask::e\n/) });
    expect(shown.stdout).not.toMatch(TAKEN_OUT);
    const raw = await rolecall([command, id, '--raw'], { GITHUB_ACTIONS: 'true' });
    for (const line of LINES) expect(raw.stdout).toContain(line);
  },
);

test.each(['console', 'logs'])('%s gives a CI system no command', async (command) => {
  const { code, stdout } = await rolecall([command, id], { GITHUB_ACTIONS: 'true' });
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('\n: :add-mask::e\n') });
  expect(stdout).toContain('see ## [set-output');
});

test.each(['console', 'logs'])('%s as JSON holds all of it, escaped', async (command) => {
  const { code, stdout } = await rolecall([command, id, '--output', 'json'], { GITHUB_ACTIONS: 'true' });
  expect(code).toBe(0);
  expect(stdout).not.toMatch(TAKEN_OUT);
  expect(stdout).not.toContain('##[');
  const { text, parts = [{ text }] } = JSON.parse(stdout);
  for (const line of LINES) expect(parts[0].text).toContain(line);
  expect(await rolecall([command, id, '--output', 'json', '--raw'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--raw is for text'),
  });
});
