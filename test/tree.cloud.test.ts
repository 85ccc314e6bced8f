import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { packageRoot } from '../src/files/package-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-tree-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (count: number, first = ''): string => `${first}\n${'\n'.repeat(count - 1)}`;
const TREE = {
  'src/errors.ts': lines(10),
  'src/cli/main.ts': lines(20, "import { act } from '../actions/act.ts';"),
  'src/cli/commands/launch.ts': lines(30, "import type { A } from './options.ts';"),
  'src/cli/commands/options.ts': lines(40, "export type { A } from './launch.ts';"),
  'src/actions/act.ts': lines(50, "const later = () => import('./self.ts');"),
  'src/actions/self.ts': lines(60, "import { self } from './self.ts';"),
  'packages/local-cloud/src/ec2/run.ts': lines(70),
};

test('the figures of a tree: folders, lines, and circles of which types are a part', () => {
  for (const [path, text] of Object.entries(TREE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = [join(packageRoot(), 'scripts/tree.mjs'), '--json', '--root', folder];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    folders: [
      { folder: 'packages/local-cloud/src/ec2', files: 1, lines: 70 },
      { folder: 'src', files: 1, lines: 10 },
      { folder: 'src/actions', files: 2, lines: 110 },
      { folder: 'src/cli', files: 3, lines: 90 },
    ],
    files: 7,
    median_lines: 40,
    p90_lines: 60,
    circles: [['src/actions/self.ts'], ['src/cli/commands/launch.ts', 'src/cli/commands/options.ts']],
    cli: { files: 3, lines: 90 },
    src: { files: 6, lines: 210 },
  });
});
