import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fetched, fetchSource, parseSource } from '../../src/bundle/source.ts';
import { moduleIn, newFolder, refusal, sha256, write } from './support.ts';

let folder: string;
let rounds = 0;
beforeAll(() => {
  folder = newFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

/** What a source gives, fetched into a folder of its own. */
async function fetched(source: string): Promise<Fetched> {
  rounds += 1;
  const scratch = join(folder, `scratch-${rounds}`);
  mkdirSync(scratch);
  return await fetchSource(parseSource(source, folder), scratch, signal);
}
const refused = async (source: string) => await refusal((async () => await fetched(source))());

describe('a source', () => {
  test.each([
    ['https://example.com/m.git#v1.2.0', { kind: 'git', url: 'https://example.com/m.git', ref: 'v1.2.0' }],
    ['git+ssh://git@example.com/m', { kind: 'git', url: 'ssh://git@example.com/m', ref: undefined }],
    [
      'git@example.com:us/m.git#feature/x',
      { kind: 'git', url: 'git@example.com:us/m.git', ref: 'feature/x' },
    ],
    ['npm:@example/m@^1.2', { kind: 'npm', spec: '@example/m@^1.2' }],
  ])('%s is understood', (text, source) => {
    expect(parseSource(text, folder)).toEqual(source);
  });

  test.each([
    'https://me:hunter2@example.com/m.git',
    'https://hunter2@example.com/m.git#v1',
    'git+https://x-token:hunter2@example.com/m',
    'ssh://me:hunter2@example.com/m',
  ])('%s holds a secret, which would end in the lock', async (text) => {
    const said = await refused(text);
    expect(said).toMatch(/^usage: the URL of the modules holds a name or a password\n.*credential helper/);
    expect(said).not.toContain('hunter2');
  });

  test.each(['nowhere', './no', 'ftp://example.com/x', "ext::sh -c 'touch evil'", ''])(
    '%j is none',
    async (text) => {
      if (text !== '')
        expect(await refused(text)).toMatch(
          /^usage: there is no folder .*\ngive a folder, a git URL such as/,
        );
      else expect(parseSource(text, folder)).toEqual({ kind: 'folder', path: folder });
    },
  );

  test('that is a repository of git here is git, with or without .git at its end', async () => {
    execFileSync('git', ['init', '--quiet', '--bare', join(folder, 'bare')]);
    execFileSync('git', ['init', '--quiet', '--bare', join(folder, 'other', '.git')]);
    for (const url of ['bare', './bare/', join(folder, 'bare'), 'other/.git', 'other/.git/'])
      for (const ref of [undefined, 'v1'])
        expect(parseSource(ref === undefined ? url : `${url}#${ref}`, folder)).toEqual({
          kind: 'git',
          url,
          ref,
        });
  });

  test('that is a folder with a file HEAD is no repository', () => {
    const path = moduleIn(folder, 'heady');
    write(join(path, 'HEAD'), 'of the queue');
    expect(parseSource('heady', folder)).toEqual({ kind: 'folder', path });
  });

  test('that is a folder stays where it is', async () => {
    const path = moduleIn(folder, 'bee');
    expect(await fetched('bee')).toEqual({ folder: path, name: 'bee' });
    expect(await fetched(`${path}/`)).toEqual({ folder: path, name: 'bee' });
  });
});

describe('git', () => {
  let bare: string;
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', join(folder, 'work'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    ).trim();
  const commit = (text: string) => {
    write(join(moduleIn(join(folder, 'work'), 'bee'), 'data'), text);
    git('add', '-A');
    git('commit', '-qm', text);
    return git('rev-parse', 'HEAD');
  };
  const commits: Record<string, string> = {};
  beforeAll(() => {
    mkdirSync(join(folder, 'work'));
    git('init', '-q', '-b', 'main');
    commits['first'] = commit('first');
    git('tag', '-am', 'one', 'v1');
    git('switch', '-qc', 'side/branch');
    commits['side'] = commit('side');
    git('switch', '-q', 'main');
    commits['second'] = commit('second');
    bare = join(folder, 'modules.git');
    git('clone', '-q', '--bare', '.', bare);
  });

  test.each([
    ['', 'second'],
    ['#v1', 'first'],
    ['#side/branch', 'side'],
    ['#main', 'second'],
  ])('modules.git%s is its %s commit', async (ref, which) => {
    for (const url of [bare, `file://${bare}`]) {
      const found = await fetched(`${url}${ref}`);
      expect(found).toMatchObject({ name: 'modules', resolved: commits[which] });
      expect(readFileSync(join(found.folder, 'bee/data'), 'utf8')).toBe(which);
    }
  });

  test('takes a commit, also in short', async () => {
    const first = commits['first'] ?? '';
    for (const ref of [first, first.slice(0, 10)])
      expect(await fetched(`${bare}#${ref}`)).toMatchObject({ resolved: first });
  });

  test.each(['nothing', '--upload-pack=touch evil', '0'.repeat(40), 'v1\u001b[2J'])(
    'without the ref %j names it, and what there is',
    async (ref) => {
      const told = await refused(`${bare}#${ref}`);
      const shown = /^[\w-]+$/.test(ref) ? ref : JSON.stringify(ref);
      expect(told).toContain(`usage: ${bare} has no tag, branch or commit ${shown}`);
      expect(told).toMatch(/\nit has main, side\/branch, v1$/);
    },
  );

  test('without the ref tells the nearest', async () => {
    expect(await refused(`${bare}#v2`)).toContain('has no tag, branch or commit v2; did you mean v1?\n');
  });

  test('a repository that isn’t there is told', async () => {
    expect(await refused(`file://${folder}/none.git`)).toMatch(
      /^usage: git can't get it: fatal: .*none\.git/,
    );
  });
});

describe('npm', () => {
  let registry: ReturnType<typeof createServer>;
  const before = { ...process.env };
  // A registry of two packages, one with a folder that isn't called `package` inside, as some have it.
  beforeAll(async () => {
    const packages = new Map<string, Buffer>();
    for (const [name, inside] of [
      ['@example/rolecall-backup', 'package'],
      ['rolecall-module-odd', 'odd-top'],
    ] as const) {
      const root = moduleIn(join(folder, 'npm', name.replace('/', '_')), inside);
      write(
        join(root, 'package.json'),
        JSON.stringify({ name, version: '1.2.0', scripts: { postinstall: 'touch /evil' } }),
      );
      packages.set(name, execFileSync('tar', ['-czC', join(root, '..'), inside]));
    }
    registry = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '').slice(1);
      const { port } = registry.address() as AddressInfo;
      const tarball = packages.get(path.replace(/\.tgz$/, ''));
      if (tarball === undefined) return response.writeHead(404).end('{}');
      if (path.endsWith('.tgz')) return response.end(tarball);
      const dist = {
        tarball: `http://127.0.0.1:${port}/${path}.tgz`,
        integrity: `sha256-${Buffer.from(sha256(tarball), 'hex').toString('base64')}`,
      };
      const versions = { '1.2.0': { name: path, version: '1.2.0', dist } };
      return response.end(JSON.stringify({ name: path, versions, 'dist-tags': { latest: '1.2.0' } }));
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    process.env['npm_config_registry'] = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
    process.env['npm_config_cache'] = join(folder, 'npm-cache');
    process.env['npm_config_fetch_retries'] = '0';
  });
  afterAll(async () => {
    process.env = before;
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
  });

  test.each([
    ['npm:@example/rolecall-backup@1.2.0', 'backup'],
    ['npm:@example/rolecall-backup', 'backup'],
    ['npm:rolecall-module-odd@^1.0', 'odd'],
  ])('%s is its package', async (source, name) => {
    const found = await fetched(source);
    expect(found).toMatchObject({ name, resolved: '1.2.0' });
    expect(readFileSync(join(found.folder, 'module.yaml'), 'utf8')).toMatch(/^description: /);
  });

  test('a package or version that isn’t there is told', async () => {
    expect(await refused('npm:rolecall-none')).toMatch(/^usage: npm can't get it: .*404 Not Found/);
    expect(await refused('npm:rolecall-module-odd@9')).toMatch(
      /^usage: npm can't get it: .*No matching version/,
    );
  });

  test('a full disk is no trouble of the package or the network', async () => {
    if (process.geteuid?.() !== 0) return;
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', disk]);
    try {
      execFileSync('sh', ['-c', `cat /dev/zero >"${disk}/filled" 2>&1 || true`]);
      const scratch = join(disk, 'scratch');
      mkdirSync(scratch);
      const told = await refusal(fetchSource({ kind: 'npm', spec: 'rolecall-module-odd' }, scratch, signal));
      expect(told).toMatch(
        new RegExp(`^usage: ${disk} has no room for temporary files: .*ENOSPC.*\n.*TMPDIR`),
      );
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });

  test.each([
    'npm:',
    'npm:..',
    'npm:./x',
    'npm:a b',
    'npm:--x',
    'npm:x@file:../y',
    'npm:x@https://h/y',
    'npm:x@git+ssh://h/y',
  ])('%s is no package', async (source) => {
    expect(await refused(source)).toMatch(/^usage: ".*" is no npm package\n/);
  });
});
