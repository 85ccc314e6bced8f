import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boxProgram } from '../src/io/box-program.ts';
import { ROOT } from './support/cli.ts';

/** The tarball of `npm pack`, installed into an empty folder without any registry, as a user's machine would. */
describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-pack-'));
  const env = { ...process.env, NODE_OPTIONS: '', XDG_STATE_HOME: join(folder, 'state') };
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const bin = (name: string) => join(folder, 'node_modules', '.bin', name);
  const installed = join(folder, 'node_modules', 'rolecall');

  beforeAll(() => {
    // The bundle is there (npm test makes it), and other tests are using it: pack without building again.
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
      env,
      stdio: 'ignore',
    });
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? 'no tarball';
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, tarball)]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('needs no other package', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'rolecall',
    ]);
  });

  test('brings both commands', () => {
    expect(run(bin('rolecall'), ['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run(bin('launch'), ['--help'])).toContain('rolecall launch');
  });

  test('brings the example catalogue, its schema and the templates', () => {
    const catalogue = join(installed, 'roles.yaml');
    expect(run(bin('rolecall'), ['validate', '--catalogue', catalogue])).toContain('roles.yaml');
    const render = [
      'render',
      '--catalogue',
      catalogue,
      '--role',
      'memcached',
      '--env',
      'prod',
      '--context',
      'b',
    ];
    expect(run(bin('rolecall'), render)).toMatch(/^environment=prod\nrole=memcached\ncontext=b\n/);
    expect(readdirSync(installed)).toEqual(
      expect.arrayContaining(['roles.schema.json', 'templates', 'image', 'LICENSE', 'CHANGELOG.md', 'docs']),
    );
  });

  test('brings the bootstrapper for an AMI in one file', () => {
    const path = join(installed, 'dist/rolecall-bootstrapper');
    expect(readFileSync(path, 'utf8')).toBe(boxProgram('bootstrapper.sh'));
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test('launches on the local cloud', () => {
    const catalogue = join(installed, 'roles.yaml');
    const args = ['--role', 'worker', '--env', 'prod', '--context', 'b', '--local', '--output', 'json'];
    const document = JSON.parse(run(bin('launch'), [...args, '--catalogue', catalogue]));
    expect(document.summary).toEqual({ requested: 1, succeeded: 1, failed: 0, silent: 0, lost: 0 });
  });

  test('carries the licences of what is bundled', () => {
    expect(readdirSync(join(installed, 'dist'))).toContain('THIRD-PARTY.txt');
  });
});
