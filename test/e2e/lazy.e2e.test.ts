import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ROOT, sandbox } from '../support/cli.ts';

/** What a command loads decides how fast it starts: bench/startup.mjs measures it, this test keeps it so. */
describe('the bundle loads', () => {
  const box = sandbox();
  afterAll(box.dispose);
  const hook = join(box.home, 'hook.cjs');
  writeFileSync(hook, `process.on('exit', () => console.error(JSON.stringify(Object.keys(require.cache))));`);

  function loaded(args: readonly string[]): string[] {
    const bin = join(ROOT, 'dist', 'rolecall.cjs');
    const { stderr, status } = spawnSync(process.execPath, ['--require', hook, bin, ...args], {
      cwd: ROOT,
      env: box.env,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const files: string[] = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
    return files.filter((file) => file !== hook).map((file) => basename(file));
  }

  const unsigned = join(box.home, 'roles.yaml');
  writeFileSync(
    unsigned,
    readFileSync(join(ROOT, 'roles.yaml'), 'utf8').replace(/^bucket: .*$/m, '$&\nbeacons: false'),
  );
  const WEB = '--role web --env prod --context b';

  test.each([
    ['--help'],
    ['launch --help'],
    [`render ${WEB} --catalogue ${unsigned}`],
    ['validate'],
    ['roles list'],
    [`plan ${WEB} --catalogue ${unsigned}`],
  ])('neither the SDK nor the libraries of the terminal for %s', (line) => {
    expect(loaded(line.split(' ')).sort()).toEqual(['main.cjs', 'rolecall.cjs']);
  });

  test.each([['render'], ['plan']])('only what signs for %s of machines that send beacons', (verb) => {
    expect(loaded([verb, ...WEB.split(' ')]).sort()).toEqual(['main.cjs', 'rolecall.cjs', 's3-sdk.cjs']);
  });
});
