import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { bundleCatalogue } from '../support/modules.ts';

const PEM = `-----BEGIN ${'PRIVATE'} KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n`;
const box = sandbox();
const catalogue = bundleCatalogue(box.home);
const key = join(box.home, 'modules/second/tls.key');
const CHOICE = ['--catalogue', catalogue, '--role', 'second', '--env', 'prod', '--context', 'b', '--local'];
const run = (...words: readonly string[]) => box.run([...words, ...CHOICE]);

/** All that the local cloud's S3 holds, whatever the bucket. */
const objects = () =>
  readdirSync(join(box.home, 'state/rolecall/local'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\/objects\/./.test(path),
  );

beforeAll(async () => {
  expect(await box.run(['local', 'up', '--boxes', 'simulated', '--clock-speed', '20'])).toMatchObject({
    code: 0,
  });
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

const COMMANDS = [
  ['launch'],
  ['scale', '--to', '1', '--yes'],
  ['scale', '--to', '1', '--dry-run'],
  ['replace', '--yes'],
  ['replace', '--dry-run'],
  ['render'],
  ['render', '--redact'],
  ['plan'],
  ['bundle', 'publish', '--user-data', join(box.home, 'user-data')],
] as const;

test('a private key in a module goes into no bucket and to no machine, whatever the command', async () => {
  writeFileSync(key, PEM);
  for (const words of COMMANDS) {
    const { code, stdout, stderr } = await run(...words);
    expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
    expect(stderr).toMatch(/^\S*roles\.yaml:\d+:\d+: second\/tls\.key holds a private key$/m);
    expect(stderr).toContain('--allow-secret second/tls.key\n');
    expect(stderr).not.toContain('MC4CAQ');
  }
  const status = await box.run(['status', '--catalogue', catalogue, '--local', '--output', 'json']);
  expect(JSON.parse(status.stdout).fleets).toEqual([]);
  expect(objects()).toEqual([]);
  expect(readdirSync(box.home)).not.toContain('user-data');
});

test('it is let in by its path, for each command; then the fleet is told as current', async () => {
  const allow = ['--allow-secret', 'second/tls.key'];
  for (const words of [
    ['plan'],
    ['scale', '--to', '1', '--yes', '--output', 'json'],
    ['replace', '--dry-run'],
  ])
    expect(await run(...words, ...allow)).toMatchObject({ code: 0 });
  expect(objects()).not.toEqual([]);
  const status = await box.run(['status', '--catalogue', catalogue, '--local']);
  expect(status.stdout).toMatch(/second/);
  expect(status.stdout).not.toMatch(/outdated|stale/);
  rmSync(key);
});

test('a module that is a link to elsewhere needs its own leave', async () => {
  const far = sandbox();
  try {
    bundleCatalogue(far.home);
    rmSync(join(box.home, 'modules/second'), { recursive: true });
    symlinkSync(join(far.home, 'modules/second'), join(box.home, 'modules/second'));
    for (const words of COMMANDS) {
      const { code, stderr } = await run(...words);
      expect({ words, code, stderr }).toEqual({
        words,
        code: 2,
        stderr: expect.stringMatching(/the module second lies outside of the catalogue's repository: /),
      });
    }
    expect(await run('plan', '--allow-outside', far.home)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('from outside  the module second is '),
    });
  } finally {
    far.dispose();
  }
});
