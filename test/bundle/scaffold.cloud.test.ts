import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { scaffoldModule } from '../../src/bundle/scaffold.ts';
import { newFolder, readOwn, refusal, write } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function said(tool: string, ...args: readonly string[]): string {
  const { error, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return stdout + stderr;
}

describe('a new module', () => {
  test.each(['backup', 'my-backup-2', 'x', `x${'y'.repeat(31)}`])('%s is a sound one', async (name) => {
    const made = await scaffoldModule(join(folder, 'shelf'), name, ['other']);
    expect(made).toBe(join(folder, 'shelf', name));
    expect(readdirSync(made).sort()).toEqual(['module.yaml', 'start-up.sh', 'test.sh']);
    const greeting = `${name.replaceAll('-', '_')}_greeting`;
    expect(await readOwn(made)).toMatchObject({
      name,
      variables: { [greeting]: { type: 'string', default: 'hello' } },
      timeoutMs: 300_000,
      test: { variables: { [greeting]: 'good day' } },
    });
    for (const script of ['start-up.sh', 'test.sh']) {
      const path = join(made, script);
      expect(statSync(path).mode & 0o111).toBe(0o111);
      expect(said('shellcheck', '--shell=bash', '--enable=all', '--exclude=SC2154,SC2250', path)).toBe('');
      expect(said('shfmt', '-d', '-i', '2', path)).toBe('');
    }
  });

  test('never replaces anything', async () => {
    write(join(folder, 'there/x'), 'mine');
    expect(await refusal(scaffoldModule(folder, 'there', []))).toMatch(
      /^usage: there is a module there already\nchoose another name/,
    );
    expect(readdirSync(join(folder, 'there'))).toEqual(['x']);
    expect(await refusal(scaffoldModule(folder, 'memcached', ['memcached']))).toMatch(
      /^usage: there is a module memcached already\nchoose another name/,
    );
    write(join(folder, 'file'), 'x');
    expect(await refusal(scaffoldModule(join(folder, 'file'), 'new', []))).toMatch(
      /^usage: .*can't be made: /,
    );
  });

  test.each(['', 'Big', '1st', '../x', 'a/b', 'a b', 'files', '-x', 'x'.repeat(33)])(
    'is never called %j',
    async (name) => {
      expect(await refusal(scaffoldModule(folder, name, []))).toMatch(
        /^usage: ".*" can't be the name of a module\n/,
      );
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
