import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Repository, repository } from '../support/repository.ts';
import { rolecall } from './run.ts';

const CATALOGUE = `version: 1
name: builds
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: builds-rolecall
apps: { shop: { path: shop } }
defaults: { instance_type: t3.micro }
environments: { prod: {} }
contexts: { a: {} }
roles: { web: { app: shop } }
`;

let repo: Repository;
beforeEach(() => {
  repo = repository();
  repo.write('roles.yaml', CATALOGUE);
  repo.write('shop/page', 'hello\n');
  repo.commit();
  repo.git('tag', 'v1');
});
afterEach(() => repo.dispose());

const build = (...more: string[]) => rolecall(['release', 'build', 'v1', ...more], { cwd: repo.path });

describe("an app's path", () => {
  const listing = () =>
    execFileSync('tar', ['-tzf', join(repo.path, 'a.tgz')], { encoding: 'utf8' })
      .trim()
      .split('\n');

  test.each(['.', './', '././', './/.'])('%s is the whole repository', async (path) => {
    repo.write('roles.yaml', CATALOGUE.replace('path: shop', `path: ${path}`));
    expect(await build('--file', 'a.tgz')).toMatchObject({ code: 0 });
    expect(listing()).toEqual(['roles.yaml', 'shop/', 'shop/page']);
  });

  test.each(['shop/', './shop', 'shop/.', './/shop//'])('%s is the folder shop', async (path) => {
    repo.write('roles.yaml', CATALOGUE.replace('path: shop', `path: ${path}`));
    expect(await build('--file', 'a.tgz')).toMatchObject({ code: 0 });
    expect(listing()).toEqual(['page']);
  });
});

describe('release build --file', () => {
  test('with a slash at its end is a folder, which is made', async () => {
    expect(await build('--file', 'new/folder/')).toMatchObject({ code: 0 });
    expect(readdirSync(join(repo.path, 'new/folder')).sort()).toEqual(['v1.tar.gz', 'v1.tar.gz.json']);
  });

  test('is a folder where one is there, else a file', async () => {
    mkdirSync(join(repo.path, 'out'));
    expect(await build('--file', 'out')).toMatchObject({ code: 0 });
    expect(readdirSync(join(repo.path, 'out')).sort()).toEqual(['v1.tar.gz', 'v1.tar.gz.json']);
    expect(await build('--file', 'a.tgz')).toMatchObject({ code: 0 });
    expect(lstatSync(join(repo.path, 'a.tgz')).isFile()).toBe(true);
  });

  test.each([
    ['the archive', 'pipe', 'pipe'],
    ['its manifest', 'x', 'x.json'],
  ])('never takes the place of what is no file: %s', async (_what, file, pipe) => {
    execFileSync('mkfifo', [join(repo.path, pipe)]);
    const before = readdirSync(repo.path);
    const { code, stderr } = await build('--file', file);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`error: ${join(repo.path, pipe)} is a device or a pipe\n`),
    });
    expect(lstatSync(join(repo.path, pipe)).isFIFO()).toBe(true);
    expect(readdirSync(repo.path)).toEqual(before);
  });
});

describe('release publish --archive', () => {
  test.each([['v1'], ['--dirty'], ['--tag', 'v9'], ['--compression', 'zstd'], ['--allow-secret', '.env']])(
    'of a build that is made already, with %s: refused, since it would count for nothing',
    async (...more) => {
      const argv = ['release', 'publish', '--archive', 'v1.tar.gz', ...more];
      expect(await rolecall(argv, { cwd: repo.path })).toEqual({
        code: 2,
        stdout: '',
        stderr: `error: --archive names a build that is made already\n  → leave ${more[0] === 'v1' ? 'the ref' : more[0]} out\n`,
      });
    },
  );
});
