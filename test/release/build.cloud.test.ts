import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RolecallError } from '../../src/errors.ts';
import type { PathName } from '../../src/model.ts';
import { buildArchive } from '../../src/release/build.ts';
import type { BuildPlan } from '../../src/release/build-plan.ts';
import { parseManifest } from '../../src/release/manifest.ts';
import { type Repository, repository } from '../support/repository.ts';

let repo: Repository;
let out: string;

beforeEach(() => {
  repo = repository();
  out = mkdtempSync(join(tmpdir(), 'rolecall-built-'));
});
afterEach(() => {
  repo.dispose();
  rmSync(out, { recursive: true, force: true });
});

let now = Date.parse('2026-11-23T10:00:00Z');
const plan: Omit<BuildPlan, 'repository'> = {
  app: 'shop' as PathName,
  ref: 'HEAD',
  dirty: false,
  tag: undefined,
  path: undefined,
  command: undefined,
  compression: 'gzip',
  allowed: [],
  by: 'ann@build-7',
};
const tools = (signal = new AbortController().signal) => ({
  now: () => now,
  signal,
  onOutput: () => undefined,
});
const build = (more: Partial<BuildPlan> = {}, signal = new AbortController().signal) =>
  buildArchive({ ...plan, repository: repo.path, ...more }, `${out}/`, tools(signal));

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'nothing was refused';
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}\n${error.hint}`;
  }
}

/** `MODE NAME [-> TARGET]` of each member, as tar itself reads them. */
const listing = (path: string): string[] =>
  execFileSync('tar', ['-tvf', path, '--numeric-owner'], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+) +\S+ +\d+ +\S+ +\S+ /, '$1 '));
const contentOf = (path: string, name: string) =>
  execFileSync('tar', ['-xOf', path, name], { encoding: 'utf8' });
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a build', () => {
  test('holds the commit, not the work tree; its manifest tells all about it', async () => {
    repo.write('init/b/bootstrapper.sh', '#!/bin/bash\nset -e\n', 0o755);
    repo.write('init/readme.txt', '');
    repo.write('page.html', 'committed');
    repo.link('latest', 'page.html');
    const commit = repo.commit();
    repo.write('page.html', 'changed since');
    repo.write('new.txt', 'never added');
    const { build: made, path, manifestPath, files, notes } = await build();
    expect(listing(path)).toEqual([
      'drwxr-xr-x init/',
      'drwxr-xr-x init/b/',
      '-rwxr-xr-x init/b/bootstrapper.sh',
      '-rw-r--r-- init/readme.txt',
      'lrwxrwxrwx latest -> page.html',
      '-rw-r--r-- page.html',
    ]);
    expect(contentOf(path, 'page.html')).toBe('committed');
    expect(made).toMatchObject({
      app: 'shop',
      tag: commit.slice(0, 12),
      archive: `${commit.slice(0, 12)}.tar.gz`,
      sha256: sha256(path),
      size: readFileSync(path).length,
      commit,
      dirty: false,
      createdAt: now,
      by: 'ann@build-7',
      init: ['b/bootstrapper.sh'],
    });
    const tar = execFileSync('gzip', ['-dc', path]);
    expect(made).toMatchObject({
      tarSha256: createHash('sha256').update(tar).digest('hex'),
      tarSize: tar.length,
    });
    expect({ files, notes }).toEqual({ files: 3, notes: [] });
    expect(parseManifest(readFileSync(manifestPath, 'utf8'), 'x')).toEqual(made);
  });

  test('of the same tree has the same bytes, whatever commit, time, clone and mask', async () => {
    repo.write('a/deep/file', 'x\n');
    repo.write('run', '#!/bin/sh\n', 0o755);
    repo.commit('one');
    const first = await build({ tag: 'one' });
    repo.commit('two, without a change');
    now += 86_400_000;
    const other = repository();
    const before = process.umask(0o077);
    try {
      execFileSync('git', ['clone', '--quiet', '--bare', repo.path, join(other.path, 'bare.git')]);
      const second = await build({ tag: 'two', repository: join(other.path, 'bare.git') }).catch(
        () => undefined,
      );
      const again = second ?? (await build({ tag: 'two' }));
      expect(again.build.sha256).toBe(first.build.sha256);
      expect(again.build.tarSha256).toBe(first.build.tarSha256);
    } finally {
      process.umask(before);
      other.dispose();
    }
  });

  test.each([
    ['long', `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}/g.txt`],
    ['of 250 letters', 'n'.repeat(250)],
    ['with other letters', 'ünï/cødé ✓ 🚀.txt'],
    ['with a space at its end', 'a b /c '],
  ])('keeps names that are %s', async (_name, name) => {
    repo.write(name, 'found');
    repo.commit();
    const { path } = await build();
    execFileSync('tar', ['-xzf', path, '-C', out]);
    expect(readFileSync(join(out, name), 'utf8')).toBe('found');
  });

  test('keeps empty and large files', async () => {
    repo.write('empty', '');
    const large = Buffer.alloc(5_000_000, 'lines of text\n');
    repo.write('large', large);
    repo.write('zlast', 'z');
    repo.commit();
    const { path } = await build();
    execFileSync('tar', ['-xzf', path, '-C', out]);
    expect(readFileSync(join(out, 'large')).equals(large)).toBe(true);
    expect([readFileSync(join(out, 'empty'), 'utf8'), readFileSync(join(out, 'zlast'), 'utf8')]).toEqual([
      '',
      'z',
    ]);
  });

  test('of a folder has that folder as its root; export-ignore and export-subst hold', async () => {
    repo.write(
      'apps/shop/.gitattributes',
      'COMMIT export-subst\nsecret export-ignore\n.gitattributes export-ignore\n',
    );
    repo.write('apps/shop/COMMIT', '$Format:%H$');
    repo.write('apps/shop/secret', 'x');
    repo.write('apps/shop/init/a/bootstrapper.sh', 'set -e\n');
    repo.write('apps/shopping', 'not meant');
    const commit = repo.commit();
    const { path, build: made } = await build({ path: 'apps/shop' });
    expect(listing(path).map((line) => line.split(' ')[1])).toEqual([
      'COMMIT',
      'init/',
      'init/a/',
      'init/a/bootstrapper.sh',
    ]);
    expect(contentOf(path, 'COMMIT')).toBe(commit);
    expect(made.init).toEqual(['a/bootstrapper.sh']);
  });

  test('is called as the git tag, or as it is told', async () => {
    repo.write('a', 'x');
    repo.commit();
    repo.git('tag', '-m', 'release', 'v1.2.0');
    repo.git('branch', 'feature');
    expect((await build({ ref: 'v1.2.0' })).build.tag).toBe('v1.2.0');
    expect((await build({ ref: 'feature' })).build.tag).toMatch(/^[0-9a-f]{12}$/);
    expect((await build({ tag: 'mine' })).build.tag).toBe('mine');
    expect(await refused(build({ tag: '../x' }))).toMatch(/^usage: "..\/x" can't be the tag of a build/);
  });

  test.each(['tags/v1', 'refs/tags/v1'])(
    'is called as the git tag, also where that is named in full: %s',
    async (ref) => {
      repo.write('a', 'x');
      repo.commit();
      repo.git('tag', 'v1');
      repo.git('branch', 'v1');
      expect((await build({ ref })).build.tag).toBe('v1');
    },
  );

  test('is called by its commit where the git tag can be no name of a build, and says so', async () => {
    repo.write('a', 'x');
    const commit = repo.commit();
    repo.git('tag', 'rel/1.0');
    const { build: made, notes } = await build({ ref: 'rel/1.0' });
    expect(made.tag).toBe(commit.slice(0, 12));
    expect(notes).toContain(
      `the git tag rel/1.0 can't be the tag of a build, so it is called ${commit.slice(0, 12)}: --tag gives another name`,
    );
    expect((await build({ ref: 'rel/1.0', tag: 'rel-1.0' })).notes.join()).not.toContain('git tag');
  });

  test('with pointers of Git LFS in place of files says so, and which', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
    repo.write('video.bin', pointer);
    repo.write('docs/lfs.md', `A pointer: ${pointer}`);
    repo.commit();
    const { notes, files } = await build();
    expect(files).toBe(2);
    expect(notes.filter((note) => note.includes('LFS'))).toEqual([
      'pointers of Git LFS are in it in place of the files: video.bin; add them to .gitattributes (PATH filter=lfs) to get the files',
    ]);
    repo.git('rm', '--quiet', 'video.bin');
    repo.commit();
    expect((await build()).notes.join()).not.toContain('LFS');
  });

  test('has the same bytes whatever git is told about line ends on this machine', async () => {
    repo.write('a', 'one\ntwo\n');
    repo.write('text', 'one\ntwo\n');
    repo.write('.gitattributes', 'text text\n');
    repo.commit();
    const plain = (await build({ tag: 'plain' })).build;
    repo.git('config', 'core.autocrlf', 'true');
    repo.git('config', 'core.eol', 'crlf');
    expect((await build({ tag: 'crlf' })).build.tarSha256).toBe(plain.tarSha256);
    expect((await build({ tag: 'command', command: 'true' })).build.tarSha256).toBe(plain.tarSha256);
  });

  test('is of the repository that is meant, though a git hook of another one runs it', async () => {
    repo.write('a', 'x');
    const commit = repo.commit();
    const other = repository();
    const kept = { ...process.env };
    try {
      other.write('b', 'x');
      other.commit();
      Object.assign(process.env, { GIT_DIR: join(other.path, '.git'), GIT_WORK_TREE: other.path });
      expect((await build()).build.commit).toBe(commit);
      expect((await build({ dirty: true })).build.commit).toBe(commit);
    } finally {
      process.env = kept;
      other.dispose();
    }
  });

  test('goes into a folder that is there under its own name', async () => {
    repo.write('a', 'x');
    repo.commit();
    const { path } = await buildArchive({ ...plan, repository: repo.path, tag: 'v1' }, out, tools());
    expect(path).toBe(join(out, 'v1.tar.gz'));
    expect(readdirSync(out).sort()).toEqual(['v1.tar.gz', 'v1.tar.gz.json']);
  });

  test.each([
    ['below a file', 'file/x.tar.gz'],
    ['where the kernel takes no folder', '/proc/no-folders-here/x.tar.gz'],
    ['where its manifest is a folder', 'taken'],
  ])('that can’t be written there is told, and leaves nothing: %s', async (_name, target) => {
    repo.write('a', 'x');
    repo.commit();
    writeFileSync(join(out, 'file'), '');
    mkdirSync(join(out, 'taken.json'));
    const said = await refused(
      buildArchive({ ...plan, repository: repo.path }, resolve(out, target), tools()),
    );
    expect(said).toMatch(/^usage: \S+ (can't be written: |is a folder\n)/);
    expect(readdirSync(out).sort()).toEqual(['file', 'taken.json']);
  });

  test('compressed with zstd holds the same tar', async () => {
    repo.write('a', 'x'.repeat(100_000));
    repo.commit();
    const gzip = await build({ tag: 'g' });
    const zstd = await build({ tag: 'z', compression: 'zstd' });
    expect(zstd.build).toMatchObject({ archive: 'z.tar.zst', tarSha256: gzip.build.tarSha256 });
    expect(zstd.build.sha256).toBe(sha256(zstd.path));
    const tar = execFileSync('zstd', ['-dc', zstd.path]);
    expect(createHash('sha256').update(tar).digest('hex')).toBe(gzip.build.tarSha256);
  });
});

describe('the work tree', () => {
  test('is built with its changes, and marked so; the repository is not touched', async () => {
    repo.write('.gitignore', 'ignored\n');
    repo.write('kept', 'as committed');
    repo.write('changed', 'before');
    repo.write('removed', 'x');
    const commit = repo.commit();
    repo.write('changed', 'after');
    repo.write('untracked', 'new');
    repo.write('ignored', 'never');
    rmSync(join(repo.path, 'removed'));
    const status = () => repo.git('status', '--porcelain');
    const [before, objects] = [status(), repo.git('count-objects', '-v')];
    const { build: made, path, notes } = await build({ dirty: true });
    expect(listing(path).map((line) => line.split(' ')[1])).toEqual([
      '.gitignore',
      'changed',
      'kept',
      'untracked',
    ]);
    expect(contentOf(path, 'changed')).toBe('after');
    expect(made).toMatchObject({
      commit,
      dirty: true,
      tag: expect.stringMatching(/^[0-9a-f]{12}-dirty-[0-9a-f]{8}$/),
    });
    expect(notes).toContain('it holds changes that no commit has');
    expect([status(), repo.git('count-objects', '-v')]).toEqual([before, objects]);
  });

  test('without changes is the commit itself', async () => {
    repo.write('a', 'x');
    repo.commit();
    const { build: made, notes } = await build({ dirty: true });
    expect(made).toMatchObject({ dirty: false, tag: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(notes).toContain('the work tree has no changes: this is the commit itself');
  });
});

describe('a build command', () => {
  beforeEach(() => {
    repo.write('src/a', 'source\n');
    repo.write('.gitignore', 'local\n');
    repo.commit();
    repo.write('local', 'not in the export');
  });

  test('runs in a clean export, and what it leaves is built', async () => {
    const command =
      'mkdir dist; ls -A | tr "\\n" " " >dist/seen; echo "$ROLECALL_APP $ROLECALL_COMMIT $SOURCE_DATE_EPOCH" >dist/told; ln -s told dist/link; chmod +x dist/seen';
    const { path, build: made } = await build({ command, path: 'dist' });
    expect(listing(path)).toEqual(['lrwxrwxrwx link -> told', '-rwxr-xr-x seen', '-rw-r--r-- told']);
    expect(contentOf(path, 'seen')).toBe('.gitignore dist src ');
    expect(contentOf(path, 'told')).toBe(`shop ${made.commit} ${made.committedAt / 1000}\n`);
    expect(existsSync(join(repo.path, 'dist'))).toBe(false);
  });

  test.each([
    ['v1', {}, 'v1'],
    ['HEAD', {}, undefined],
    ['v1', { tag: 'mine' }, 'mine'],
  ])('of %s with %j is told the tag of its build', async (ref, more, expected) => {
    repo.git('tag', 'v1');
    const command = 'mkdir dist; printf %s "$ROLECALL_TAG" >dist/told';
    const { path, build: made } = await build({ command, path: 'dist', ref, ...more });
    expect(made.tag).toBe(expected ?? made.commit.slice(0, 12));
    expect(contentOf(path, 'told')).toBe(made.tag);
  });

  test('of a work tree with changes is told none: its tag is known by what it makes', async () => {
    repo.write('src/a', 'changed\n');
    const command = 'mkdir dist; echo "[$ROLECALL_TAG]" >dist/told';
    expect(contentOf((await build({ command, path: 'dist', dirty: true })).path, 'told')).toBe('[]\n');
  });

  test.each([
    [
      'echo working; echo "E: no compiler" >&2; exit 7',
      /the build command ended with status 7:\n {2}working\n {2}E: no compiler/,
    ],
    ['false | true; touch never', /ended with status 1/],
    ['kill -9 $$', /ended with SIGKILL/],
    ['true', /the build command left no folder dist/],
    ['mkdir dist; mkfifo dist/pipe', /pipe is a device, a socket or a pipe/],
    ['mkdir dist', /the build is empty/],
  ])('%s', async (command, expected) => {
    expect(await refused(build({ command, path: 'dist' }))).toMatch(expected);
    expect(readdirSync(out)).toEqual([]);
  });

  test('is ended by Ctrl-C, with what it has started', async () => {
    const abort = new AbortController();
    const command = 'sleep 300 & echo started; sleep 300';
    const onOutput = () => abort.abort();
    const building = buildArchive({ ...plan, repository: repo.path, command }, `${out}/`, {
      ...tools(abort.signal),
      onOutput,
    });
    expect(await refused(building)).toMatch(/^interrupted: the build was interrupted/);
    expect(readdirSync(out)).toEqual([]);
  });
});

test('Ctrl-C before a build command has begun leaves it undone', async () => {
  repo.write('a', 'x');
  repo.commit();
  const started = join(out, 'started');
  const building = build({ command: `touch ${started}; sleep 300` }, AbortSignal.abort());
  expect(await refused(building)).toMatch(/^interrupted: the build was interrupted/);
  expect(existsSync(started)).toBe(false);
});

describe('what no build may hold', () => {
  const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n';
  const AWS = `AKIA${'ABCDEFGH23456722'}`;

  test('files that look like secrets: all are named, each with why', async () => {
    repo.write('.env', 'A=1');
    repo.write('config/.env.production', 'A=1');
    repo.write('.env.example', 'A=');
    repo.write('deep/id_ed25519', 'x');
    repo.write('tls/key.txt', `${'x'.repeat(70_000)}\n${KEY}`);
    repo.write('settings.py', `KEY = "${AWS}"\n`);
    repo.write('store.p12', 'x');
    repo.write('home/.git-credentials', 'x');
    repo.write('pgp.asc', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ');
    repo.write('putty', 'PuTTY-User-Key-File-3: ssh-ed25519\n');
    repo.write('border', Buffer.concat([Buffer.alloc(65_526, 'y'), Buffer.from(` ${AWS} `)]));
    repo.write('fine.txt', 'the PRIVATE KEY is elsewhere; AKIA is a prefix');
    repo.commit();
    const said = await refused(build());
    expect(said).toMatch(/^usage: these files look like secrets/);
    const named = [...said.matchAll(/^ {2}(\S+) (.*)$/gm)].map(([, path, why]) => `${path}: ${why}`);
    expect(named).toEqual([
      '.env: is an environment file',
      'border: holds an AWS access key id',
      'config/.env.production: is an environment file',
      'deep/id_ed25519: is named as a private key of ssh',
      'home/.git-credentials: is named as a file of passwords',
      'pgp.asc: holds a private key',
      'putty: holds a private key',
      'settings.py: holds an AWS access key id',
      'store.p12: is a key store',
      'tls/key.txt: holds a private key',
    ]);
    expect(said).not.toContain(AWS);
    expect(readdirSync(out)).toEqual([]);
  });

  test('links that lead out of it and secrets: all are told at once', async () => {
    repo.write('.env', 'A=1');
    repo.link('absolute', '/etc/passwd');
    repo.commit();
    const said = await refused(build());
    expect(said).toMatch(/^ {2}absolute leads to \/etc\/passwd/m);
    expect(said).toMatch(/^ {2}\.env is an environment file/m);
  });

  test('but what is allowed by its path; and nothing that needs no leave', async () => {
    repo.write('.env', 'A=1');
    repo.commit();
    expect((await build({ allowed: ['.env'] })).files).toBe(1);
    expect(await refused(build({ allowed: ['.env', 'other'] }))).toMatch(
      /--allow-secret other: no file of the build/,
    );
  });

  test('names that are no UTF-8: they would be changed', async () => {
    repo.write('a', 'x');
    writeFileSync(Buffer.concat([Buffer.from(join(repo.path, 'caf')), Buffer.from([0xe9])]), 'x');
    repo.commit();
    for (const command of [undefined, 'true'])
      expect(await refused(build({ command }))).toMatch(/^usage: caf\ufffd has a name that is no UTF-8/);
    expect(readdirSync(out)).toEqual([]);
  });

  test('links that lead out of it by way of another link', async () => {
    repo.link('a/b/top', '../..');
    repo.link('out', 'a/b/top/../outside');
    repo.link('in', 'a/b/top/a/b');
    repo.link('here', 'a/b/../b/top');
    repo.link('loop', 'loop');
    repo.write('file', 'x');
    repo.commit();
    const said = await refused(build());
    expect(said).toMatch(/ {2}out leads to a\/b\/top\/\.\.\/outside, outside of it/);
    expect(said.match(/^ {2}\S+ leads/gm)).toHaveLength(1);
  });

  test('links that lead out of it', async () => {
    repo.write('a', 'x');
    repo.link('absolute', '/etc/passwd');
    repo.link('deep/out', '../../outside');
    repo.link('deep/inside', '../a');
    repo.commit();
    const said = await refused(build());
    expect(said).toMatch(/absolute leads to \/etc\/passwd, an absolute path/);
    expect(said).toMatch(/deep\/out leads to ..\/..\/outside, outside of it/);
    expect(said).not.toContain('deep/inside');
  });
});

describe('what is not there', () => {
  test.each<[string, Partial<BuildPlan>, RegExp]>([
    ['a ref', { ref: 'v9' }, /has no tag, branch or commit v9/],
    ['a ref that is an option', { ref: '--output=/tmp/x' }, /has no tag, branch or commit --output/],
    ['a path', { path: 'nothing' }, /there is no nothing in this commit/],
    ['a repository', { repository: '/nonexistent' }, /there is no folder \/nonexistent/],
    ['git in a folder', { repository: tmpdir() }, /is no git repository/],
  ])('%s', async (_name, more, expected) => {
    repo.write('a', 'x');
    repo.commit();
    repo.git('tag', 'v1');
    expect(await refused(build(more))).toMatch(expected);
    expect(readdirSync(out)).toEqual([]);
  });

  test('the name that may be meant is told', async () => {
    repo.commit();
    repo.git('tag', 'release-1');
    expect(await refused(build({ ref: 'relase-1' }))).toMatch(/did you mean release-1\?/);
  });

  test('what there is is named as people name it, also where a branch and a tag share a name, and in bounds', async () => {
    repo.commit();
    repo.git('tag', 'both');
    repo.git('branch', 'both');
    repo.git('tag', 'x'.repeat(200));
    const said = await refused(build({ ref: 'nothing-like-it' }));
    expect(said).toContain(`it has both, main, ${'x'.repeat(63)}…; fetch others`);
  });

  test('a commit behind a tag', async () => {
    repo.write('a', 'x');
    repo.commit();
    repo.git('tag', 'blob', repo.git('rev-parse', 'HEAD:a'));
    expect(await refused(build({ ref: 'blob' }))).toMatch(/^usage: blob of the repository .* is no commit/);
  });

  test('an empty name is seen in what is told', async () => {
    repo.commit();
    expect(await refused(build({ ref: '' }))).toMatch(/has no tag, branch or commit ""\n/);
  });

  test('a commit at all', async () => {
    expect(await refused(build())).toMatch(/has no commit yet/);
  });

  test('a ref of a shallow clone', async () => {
    repo.write('a', '1');
    repo.commit();
    repo.git('tag', 'v1');
    repo.write('a', '2');
    repo.commit();
    const shallow = join(out, 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', '--no-tags', `file://${repo.path}`, shallow]);
    const said = await refused(build({ repository: shallow, ref: 'v1' }));
    expect(said).toMatch(/has no v1: it is a shallow clone\nfetch the rest: git fetch --unshallow --tags/);
  });
});
