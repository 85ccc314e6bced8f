import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from '../src/index.ts';
import { ROOT } from './support/cli.ts';
import { shellEnv } from './support/shell-env.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-api-'));
const env = { ...shellEnv(), XDG_STATE_HOME: folder };
const local = (...words: string[]) =>
  execFileSync(process.execPath, [join(ROOT, 'dist/rolecall.cjs'), 'local', ...words], {
    cwd: ROOT,
    env,
    stdio: 'pipe',
  });
beforeAll(() => void local('up', '--boxes', 'simulated', '--clock-speed', '20'));
afterAll(() => {
  local('down');
  rmSync(folder, { recursive: true });
});

const NAME = { role: 'memcached', environment: 'prod', context: 'b' };
const rolecall = open({ cwd: ROOT, env, local: true });

describe('a program that uses the API', () => {
  test('scales a fleet, sees it, and ends its machines', async () => {
    expect(await rolecall.status()).toEqual([]);
    const { summary } = await rolecall.scale({ ...NAME, to: 2 }).result;
    expect(summary).toMatchObject({ requested: 2, succeeded: 2 });
    const [fleet, ...others] = await rolecall.status({ role: 'memcached' });
    expect(others).toEqual([]);
    expect(fleet).toMatchObject({ name: NAME, target: 2 });
    expect(fleet?.fleet.members.map(({ standing }) => standing)).toEqual(['proved', 'proved']);
    const ended = await rolecall.terminate(NAME);
    expect(ended.map(({ machine }) => machine.instanceId).sort()).toEqual(
      fleet?.fleet.members.map(({ machine }) => machine.instanceId).sort(),
    );
    expect(await rolecall.terminate(NAME)).toEqual([]);
  });

  test('asks before machines are ended, and leaves them without consent', async () => {
    await rolecall.scale({ ...NAME, to: 1 }).result;
    const asked: number[] = [];
    const agreed = async (members: readonly unknown[]) => {
      asked.push(members.length);
      return false;
    };
    await rolecall.scale({ ...NAME, to: 0, agreed }).result;
    expect(asked).toEqual([1]);
    const [fleet] = await rolecall.status(NAME);
    expect(fleet?.fleet.members.filter(({ standing }) => standing === 'proved')).toHaveLength(1);
  });

  test('builds, lists and opens what machines are made from', async () => {
    const { builds, pointers } = await rolecall.releases.list({ app: 'shop' });
    expect({ builds, pointers: [...pointers] }).toEqual({ builds: [], pointers: [] });
    await expect(rolecall.releases.show({ app: 'shop', tag: 'v9' })).rejects.toMatchObject({ exit: 'usage' });
    const file = join(folder, 'sessions.bundle');
    const built = await rolecall.bundles.build({ ...NAME, role: 'sessions', file });
    expect(built).toMatchObject({ role: 'sessions', path: file, keyFile: `${file}.key` });
    expect(await rolecall.bundles.verify({ file })).toMatchObject({
      opened: { sha256: built.sha256, modules: built.modules },
      pinned: false,
    });
  });
});
