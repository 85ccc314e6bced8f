import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RolecallError } from '../../src/errors.ts';
import type { PathName } from '../../src/model.ts';
import { buildArchive } from '../../src/release/build.ts';
import type { BuildPlan } from '../../src/release/build-plan.ts';
import type { BuiltFile } from '../../src/release/results.ts';
import { type Repository, repository } from '../support/repository.ts';

let repo: Repository;
let out: string;
let kept: NodeJS.ProcessEnv;
let builds = 0;

beforeEach(() => {
  kept = { ...process.env };
  repo = repository();
  out = mkdtempSync(join(tmpdir(), 'rolecall-reproducible-'));
});
afterEach(() => {
  process.env = kept;
  repo.dispose();
  rmSync(out, { recursive: true, force: true });
});

const plan: Omit<BuildPlan, 'repository' | 'tag'> = {
  app: 'shop' as PathName,
  ref: 'v1.0',
  dirty: false,
  path: undefined,
  command: undefined,
  compression: 'gzip',
  allowed: [],
  by: 'ann@build-7',
};

function build(more: Partial<BuildPlan> = {}): Promise<BuiltFile> {
  builds += 1;
  const tools = { now: () => 0, signal: new AbortController().signal, onOutput: () => undefined };
  return buildArchive({ ...plan, repository: repo.path, tag: `build-${builds}`, ...more }, `${out}/`, tools);
}

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'nothing was refused';
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}\n${error.hint}`;
  }
}

const contentOf = ({ path }: BuiltFile, name: string) => {
  const { TAR_OPTIONS: _, ...env } = process.env;
  return execFileSync('tar', ['-xOf', path, name], { env, encoding: 'latin1' });
};

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A commit that asks git for much, tagged v1.0, behind an older one. */
function commitAll(): string {
  repo.write('first', '1');
  repo.commit('first');
  repo.write('.gitattributes', '*.sh text\n*.bat eol=crlf\nVERSION export-subst\nlocal export-ignore\n');
  repo.write('run.sh', '#!/bin/bash\necho hi\n', 0o755);
  repo.write('run.bat', 'echo hi\n');
  repo.write('VERSION', '$Format:%H|%h|%p|%D|%d|%(describe)|%N|%aN|%cI|%s$\n');
  repo.write('local/file', 'not in a build');
  repo.write('docs/ünï.txt', 'one\ntwo $Id$\n');
  repo.write('.mailmap', 'Somebody Else <else@example.com> <ann@example.com>\n');
  const commit = repo.commit('all of it');
  repo.git('tag', 'v1.0');
  return commit;
}

/** Attributes of a user's own that would change every file. */
const HOSTILE =
  '* text eol=crlf\n*.txt ident\ndocs export-ignore\nrun.sh export-subst\nlocal -export-ignore\n* filter=mine\n';

function clone(...args: string[]): string {
  const to = join(out, `clone-${builds}`);
  execFileSync('git', ['clone', '--quiet', ...args, `file://${repo.path}`, to], { stdio: 'ignore' });
  return to;
}
const inClone = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
const config = (...settings: readonly (readonly [string, string])[]) => {
  for (const [name, value] of settings) repo.git('config', name, value);
};

/** Each makes another clone, user or machine of the same commit. @returns the clone's folder */
const PLACES: readonly (readonly [string, (commit: string) => string])[] = [
  ['a full clone', () => clone()],
  ['a shallow clone', () => clone('--depth=1', '--branch=v1.0')],
  ['a bare clone', () => clone('--bare')],
  ['a clone that shares objects', () => clone('--shared')],
  [
    "CI's detached clone",
    (commit) => {
      const to = join(out, 'ci');
      execFileSync('git', ['init', '--quiet', to]);
      inClone(to, 'fetch', '--quiet', '--depth=1', repo.path, commit);
      inClone(to, 'checkout', '--quiet', '--detach', commit);
      inClone(to, 'tag', 'v1.0', commit);
      return to;
    },
  ],
  [
    'a clone whose branches have moved on',
    () => {
      repo.git('tag', 'v1.0.1');
      repo.git('branch', 'release');
      repo.write('later', 'x');
      repo.commit('later');
      return repo.path;
    },
  ],
  [
    'a work tree beside the clone',
    () => {
      repo.git('worktree', 'add', '--quiet', '--detach', join(out, 'beside'), 'HEAD~1');
      return join(out, 'beside');
    },
  ],
  ...['blob:none', 'tree:0'].map(
    (filter) =>
      [
        `a partial clone (${filter})`,
        () => {
          config(['uploadpack.allowFilter', 'true'], ['uploadpack.allowAnySHA1InWant', 'true']);
          return clone('--no-checkout', `--filter=${filter}`);
        },
      ] as const,
  ),
  [
    'a clone with attributes of its own',
    () => {
      write(join(repo.path, '.git/info/attributes'), HOSTILE);
      return repo.path;
    },
  ],
  [
    'a clone with a work tree that has other attributes',
    () => {
      repo.write('.gitattributes', HOSTILE);
      return repo.path;
    },
  ],
  [
    'a clone with replaced objects',
    () => {
      repo.git('checkout', '--quiet', '-b', 'other');
      repo.write('run.sh', 'replaced\n');
      repo.commit('other');
      repo.git('replace', 'v1.0^{commit}', 'other');
      repo.git('replace', repo.git('rev-parse', 'main:run.bat'), repo.git('rev-parse', 'other:run.sh'));
      return repo.path;
    },
  ],
  [
    'a clone with grafts',
    (commit) => {
      write(join(repo.path, '.git/info/grafts'), `${commit}\n`);
      return repo.path;
    },
  ],
  [
    'a clone with notes',
    () => {
      repo.git('notes', 'add', '-m', 'noted', 'v1.0');
      return repo.path;
    },
  ],
  [
    'a clone with settings of its own',
    () => {
      config(
        ['core.attributesFile', write(join(out, 'attributes'), HOSTILE)],
        ['core.autocrlf', 'true'],
        ['core.eol', 'crlf'],
        ['core.abbrev', '5'],
        ['core.bigFileThreshold', '1'],
        ['core.quotePath', 'false'],
        ['log.date', 'relative'],
        ['log.showSignature', 'true'],
        ['tar.umask', '0077'],
        ['mailmap.file', write(join(out, 'mailmap'), 'Other <else@example.com> <ann@example.com>\n')],
        ['filter.mine.smudge', 'tr a-z A-Z'],
        ['filter.mine.required', 'true'],
      );
      return repo.path;
    },
  ],
  [
    'a user with settings and attributes',
    () => {
      const home = join(out, 'home');
      write(join(home, '.config/git/attributes'), HOSTILE);
      write(join(home, '.gitconfig'), '[filter "mine"]\nsmudge = tr a-z A-Z\n[core]\nabbrev = 6\n');
      Object.assign(process.env, { HOME: home, TZ: 'Asia/Tokyo', TAR_OPTIONS: '--exclude=run.sh' });
      delete process.env['XDG_CONFIG_HOME'];
      return repo.path;
    },
  ],
  [
    'a user with XDG_CONFIG_HOME',
    () => {
      write(join(out, 'xdg/git/attributes'), HOSTILE);
      process.env['XDG_CONFIG_HOME'] = join(out, 'xdg');
      return repo.path;
    },
  ],
  [
    'a user with git variables',
    () => {
      Object.assign(process.env, {
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'core.attributesFile',
        GIT_CONFIG_VALUE_0: write(join(out, 'attributes'), HOSTILE),
        GIT_CONFIG_KEY_1: 'core.abbrev',
        GIT_CONFIG_VALUE_1: '6',
        GIT_ATTR_SOURCE: 'HEAD~1',
        GIT_ICASE_PATHSPECS: '1',
      });
      return repo.path;
    },
  ],
];

describe('the same commit gives the same build in', () => {
  test.each(PLACES)('%s', async (_name, place) => {
    const commit = commitAll();
    const first = await build();
    const withCommand = await build({ command: 'ls -AR >listing' });
    const elsewhere = place(commit);
    const second = await build({ repository: elsewhere });
    expect({ version: contentOf(second, 'VERSION'), run: contentOf(second, 'run.sh') }).toEqual({
      version: contentOf(first, 'VERSION'),
      run: '#!/bin/bash\necho hi\n',
    });
    expect(second.build).toMatchObject({
      sha256: first.build.sha256,
      commit,
      committedAt: first.build.committedAt,
    });
    const again = await build({ repository: elsewhere, command: 'ls -AR >listing' });
    expect(again.build.tarSha256).toBe(withCommand.build.tarSha256);
  });

  test('a clone of SHA-256 objects', async () => {
    const folder = join(out, 'sha256');
    execFileSync('git', ['init', '--quiet', '--object-format=sha256', folder]);
    write(join(folder, '.gitattributes'), 'VERSION export-subst\n');
    write(join(folder, 'VERSION'), '$Format:%h$');
    inClone(folder, 'add', '--all');
    inClone(folder, '-c', 'user.name=Ann', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'x');
    const made = await build({ repository: folder, ref: 'HEAD' });
    expect(contentOf(made, 'VERSION')).toBe(made.build.commit);
    expect(made.build.commit).toHaveLength(64);
  });
});

describe('what git can fill in', () => {
  test('names of refs stay out, hashes stand in full, and a note says so', async () => {
    const commit = commitAll();
    const made = await build();
    const [full, abbreviated, parent, refs, decoration] = contentOf(made, 'VERSION').split('|');
    expect([full, abbreviated, refs, decoration]).toEqual([commit, commit, '', '']);
    expect(parent).toBe(repo.git('rev-parse', 'HEAD~1'));
    expect(made.notes).toContain(
      'VERSION asks git for %h, %p, %D, %d, %(describe), %N, %aN (export-subst): hashes stand in full, names of refs and notes are not filled in, names stand as they are in the commit, because they differ from clone to clone; a build command gets the tag as ROLECALL_TAG',
    );
  });

  test.each(['%H %cI %an %s', '%%h', 'no placeholder %'])('%s needs no note', async (format) => {
    repo.write('.gitattributes', 'VERSION export-subst\n');
    repo.write('VERSION', `$Format:${format}$\n`);
    repo.write('other', '$Format:%D$\n');
    repo.write('init/a/bootstrapper.sh', 'set -e\n');
    repo.commit();
    expect((await build({ ref: 'HEAD' })).notes).toEqual([]);
  });

  test('a note tells of nothing that is not in the build', async () => {
    repo.write('.gitattributes', 'VERSION export-subst\nold/ export-ignore\n');
    for (const path of ['old/VERSION', 'app/a']) repo.write(path, '$Format:%D$\n');
    repo.write('VERSION', '$Format:%D$\n');
    repo.write('app/init/a/bootstrapper.sh', 'set -e\n');
    repo.commit();
    expect((await build({ ref: 'HEAD', path: 'app' })).notes).toEqual([]);
    expect((await build({ ref: 'HEAD' })).notes.join()).toMatch(/^VERSION asks git for %D /);
  });

  test.each([
    ['%ar', 'changes with the time of the build'],
    ['%ch', 'changes with the time of the build'],
    ['%G?', "depends on this machine's keys"],
  ])('%s is refused', async (placeholder, why) => {
    repo.write('.gitattributes', '[attr]filled export-subst\ndeep/** filled\n');
    repo.write('deep/er/INFO', `made: $Format:${placeholder}$\n`);
    repo.commit();
    for (const command of [undefined, 'true'])
      expect(await refused(build({ ref: 'HEAD', command }))).toContain(`deep/er/INFO: ${placeholder} ${why}`);
  });
});

describe('files of Git LFS', () => {
  const content = Buffer.from('frames of a film\n'.repeat(10_000));
  const oid = createHash('sha256').update(content).digest('hex');
  const object = (folder: string) => join(folder, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);

  beforeEach(() => {
    repo.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`;
    repo.write('app/film.bin', pointer, 0o755);
    repo.write('app/raw.bin', 'no pointer');
    repo.write('app/init/a/bootstrapper.sh', 'set -e\n');
    repo.commit();
  });

  test.each([
    ['whole', {}],
    ['of a folder', { path: 'app' }],
    ['by a command', { command: 'true' }],
  ])('come from the clone, without git-lfs: a build %s', async (_name, more) => {
    write(object(join(repo.path, '.git/lfs')), content.toString());
    const made = await build({ ref: 'HEAD', ...more });
    const below = 'path' in more ? '' : 'app/';
    expect(contentOf(made, `${below}film.bin`)).toBe(content.toString());
    expect(contentOf(made, `${below}raw.bin`)).toBe('no pointer');
    expect(execFileSync('tar', ['-tvf', made.path, `${below}film.bin`], { encoding: 'utf8' })).toMatch(
      /^-rwxr-xr-x/,
    );
    expect(made.notes.join()).not.toContain('LFS');
    // A user whose git-lfs would leave pointers gets the same build.
    config(['filter.lfs.smudge', 'cat'], ['filter.lfs.required', 'true']);
    expect((await build({ ref: 'HEAD', ...more })).build.sha256).toBe(made.build.sha256);
  });

  test('come from the folder that lfs.storage names', async () => {
    config(['lfs.storage', join(out, 'lfs')]);
    write(object(join(out, 'lfs')), content.toString());
    expect(contentOf(await build({ ref: 'HEAD' }), 'app/film.bin')).toBe(content.toString());
  });

  test.each([undefined, 'true'])(
    'that the clone lacks are refused by name (command: %s)',
    async (command) => {
      const said = await refused(build({ ref: 'HEAD', command }));
      expect(said).toMatch(
        /^usage: this clone lacks the content of these files of Git LFS:\n {2}app\/film\.bin\nfetch it: git lfs fetch/,
      );
    },
  );

  test('that are damaged in the clone are refused', async () => {
    write(object(join(repo.path, '.git/lfs')), content.toString().replace('film', 'FILM'));
    expect(await refused(build({ ref: 'HEAD' }))).toMatch(
      /^usage: the content of app\/film\.bin .* is damaged/,
    );
  });

  test('that export-ignore leaves out need not be there', async () => {
    appendFileSync(join(repo.path, '.gitattributes'), 'app/film.bin export-ignore\n');
    repo.commit();
    expect((await build({ ref: 'HEAD' })).files).toBe(3);
  });
});

test('files under another filter are in it as they are committed, and a note names them', async () => {
  repo.write('.gitattributes', 'secret/** filter=git-crypt\n*.ipynb filter=strip\n');
  repo.write('secret/key', Buffer.from('\0GITCRYPT\0abc', 'latin1'));
  repo.write('book.ipynb', '{}');
  repo.commit();
  config(['filter.git-crypt.smudge', 'echo decrypted'], ['filter.git-crypt.required', 'true']);
  const made = await build({ ref: 'HEAD' });
  expect(contentOf(made, 'secret/key')).toBe('\0GITCRYPT\0abc');
  expect(made.notes.slice(0, 2)).toEqual([
    'the git filter strip does not run for a build, so these files are in it as they are committed: book.ipynb',
    'the git filter git-crypt does not run for a build, so these files are in it encrypted, as they are committed: secret/key',
  ]);
});

test('a partial clone whose remote is gone is told what to do', async () => {
  commitAll();
  config(['uploadpack.allowFilter', 'true'], ['uploadpack.allowAnySHA1InWant', 'true']);
  const partial = clone('--no-checkout', '--filter=blob:none');
  inClone(partial, 'remote', 'set-url', 'origin', join(out, 'nowhere'));
  expect(await refused(build({ repository: partial }))).toMatch(/^usage: .*(nowhere|fetch)/);
});

test.each([undefined, 'true'])(
  'a git that is killed between two files leaves no short build (command: %s)',
  async (command) => {
    repo.write('a', 'x');
    repo.write('b', 'y');
    repo.commit();
    const real = execFileSync('bash', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/bash\n[[ $1 == archive ]] || exec ${real} "$@"\n${real} "$@" | head -c 2048\nkill -KILL $$\n`;
    chmodSync(write(join(out, 'bin/git'), script), 0o755);
    process.env['PATH'] = `${join(out, 'bin')}:${process.env['PATH']}`;
    expect(await refused(build({ ref: 'HEAD', command }))).toMatch(/^usage: git archive failed: SIGKILL/);
  },
);
