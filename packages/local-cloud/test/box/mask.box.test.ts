import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../../../src/files/package-root.ts';

const MASK = join(packageRoot(), 'packages/local-cloud/src/box/mask.sh');

/** Not below /tmp, which a box does not show anyway. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync('/var/lib/rolecall-mask-');
  mkdirSync(join(folder, 'data/.ssh'), { recursive: true });
  writeFileSync(join(folder, 'data/.ssh/key'), '');
  writeFileSync(join(folder, '$(touch evil)[$(touch evil)]'), '');
  symlinkSync('data', join(folder, 'alias'));
  symlinkSync('/usr/share', join(folder, 'program'));
  symlinkSync('/nowhere', join(folder, 'dangling'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What would be hidden for these names of the folder, relative to it. */
function hidden(...names: readonly string[]): readonly string[] {
  const script = `set -Eeuo pipefail; . "$1"; shift; fail() { exit 9; }; really "$@"; printf "%s\\0" "\${FOUND[@]}"`;
  const paths = names.map((name) => `${folder}/${name}`);
  const said = execFileSync('bash', ['-c', script, 'bash', MASK, ...paths], {
    cwd: folder,
    encoding: 'utf8',
  });
  return said
    .split('\0')
    .filter(Boolean)
    .map((path) => path.replace(`${folder}/`, ''))
    .sort();
}

describe('what is hidden in boxes', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['once, though named twice', ['data/.ssh', 'data/.ssh'], ['data/.ssh']],
    ['with the folder around it', ['data/.ssh/key', 'data', 'data/.ssh'], ['data']],
    ['by its own name, not by a link', ['alias/.ssh/key'], ['data/.ssh/key']],
    ['a link, and what it leads to', ['alias'], ['alias', 'data']],
    ['a link to a program, alone', ['program'], ['program']],
    ['a link to nothing', ['dangling'], ['dangling']],
    ['nothing that isn’t there', ['absent', 'absent/too'], []],
  ])('%s', (_what, names, expected) => {
    expect(hidden(...names)).toEqual(expected);
  });

  test('a name that a shell could take for a command', () => {
    expect(hidden('$(touch evil)[$(touch evil)]')).toEqual(['$(touch evil)[$(touch evil)]']);
    expect(hidden('evil')).toEqual([]);
  });
});
