import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../../random.ts';
import { damaged } from '../damage.ts';
import type { Generator } from '../input.ts';

const KEY = '0123456789abcdef'.repeat(4);
const MANIFEST = `{"version":1,"app":"shop","tag":"v1","archive":"v1.tar.gz","sha256":"${'a'.repeat(64)}","size":10,"tar_sha256":"${'b'.repeat(64)}","tar_size":10,"commit":"${'c'.repeat(40)}","committed_at":"2026-01-01T00:00:00Z","dirty":false,"created_at":"2026-01-01T00:00:00Z","by":"me","init":[]}\n`;
const CLOUD = `{"endpoint":"http://127.0.0.1:9","control":"/nowhere/control.sock","mark":"00000000-1.1","pid":1,"access_key_id":"x","secret_access_key":"y","kind":"limited","started":"2026-01-01T00:00:00Z"}\n`;
const FAULTS = `seed: 7
capacity: [{ zone: eu-central-1a, count: 0 }]
boxes: { pending: 1s, outcomes: [{ kind: hangs, step: init }] }
`;

const FLEET = ['--role', 'cache', '--env', 'prod', '--context', 'b'];

/** A command that reads or writes a file, and that file. */
const TARGETS: readonly (readonly [path: string, content: string, argv: readonly string[]])[] = [
  ['x.bundle', 'Salted__0123456789abcdef', ['bundle', 'open', 'x.bundle']],
  ['x.bundle', 'Salted__0123456789abcdef', ['bundle', 'verify', 'x.bundle', '--key-file', 'key']],
  ['x.bundle.key', KEY, ['bundle', 'open', 'x.bundle']],
  ['v1.tar.gz.json', MANIFEST, ['release', 'publish', '--archive', 'v1.tar.gz']],
  ['v1.tar.gz', '\u001f\u008b', ['release', 'publish', '--archive', 'v1.tar.gz']],
  ['../state/rolecall/local/cloud.json', CLOUD, ['status', '--local']],
  ['../state/rolecall/local/cloud.json', CLOUD, ['local', 'env']],
  ['faults.yaml', FAULTS, ['local', 'up', '--faults', 'faults.yaml', '--port', '99999']],
  ['out', '', ['bundle', 'build', ...FLEET, '--file', 'out']],
  ['out.key', '', ['bundle', 'build', ...FLEET, '--file', 'out']],
  ['out', '', ['release', 'build', '--file', 'out']],
  ['out.json', '', ['release', 'build', '--file', 'out']],
  ['out', '', ['launch', ...FLEET, '--junit', 'out']],
  ['out', '', ['bundle', 'open', 'x.bundle', '--to', 'out']],
  ['roles.yaml', 'version: 1\n', ['validate']],
  ['modules', '', ['module', 'new', 'mine']],
  ['modules/modules.lock', 'version: 1\n', ['module', 'add', 'theirs']],
  ['.gitattributes', '* export-subst\n', ['release', 'build', '--dirty']],
];

/** Puts something at a path that is no such file. */
function misplace(path: string, random: Random): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  const target = random.pick([
    'nowhere',
    path,
    '/dev/full',
    '/dev/null',
    '/etc/hostname',
    'out2',
    '/proc/self/mem',
  ]);
  const kind = random.pick(['link', 'folder', 'pipe', 'locked file', 'locked folder'] as const);
  if (kind === 'link') symlinkSync(target, path);
  else if (kind === 'locked file') writeFileSync(path, 'x', { mode: 0 });
  // A pipe that nobody writes to is waited for by whoever reads it, as by any program: only outputs are pipes here.
  else if (kind === 'pipe' && path.includes('out')) execFileSync('mkfifo', [path]);
  else mkdirSync(path, { mode: kind === 'locked folder' ? random.pick([0, 0o100, 0o400, 0o500]) : 0o755 });
}

/** Files that are damaged, or links, folders, pipes and locked files in their places. */
export const files: Generator = {
  name: 'files',
  next: (random) => {
    const [path, content, argv] = random.pick(TARGETS);
    const others = {
      'x.bundle': 'Salted__',
      'x.bundle.key': KEY,
      key: KEY,
      'v1.tar.gz': 'x',
      'v1.tar.gz.json': MANIFEST,
    };
    const module = { 'theirs/module.yaml': 'description: x\n', 'theirs/start-up.sh': 'true\n' };
    const spoiled = damaged(content, random);
    const misplaced = random.chance(0.5);
    return {
      what: misplaced ? 'no file where one should be' : 'a damaged file',
      argv,
      files: { ...others, ...module, ...(!misplaced && { [path]: spoiled }) },
      prepare: (folder) => {
        execFileSync('git', ['-C', folder, 'init', '-q']);
        if (misplaced) misplace(join(folder, path), random);
      },
    };
  },
};
