import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boxProgram } from '../src/files/package-root.ts';
import { ROOT } from './support/cli.ts';
import { amiCommands } from './support/page-commands.ts';
import { shellEnv } from './support/shell-env.ts';

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
}

/** The tarball of `npm pack`, installed into an empty folder without any registry, as a user's machine would. */
describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-pack-'));
  const env = { ...shellEnv(), XDG_STATE_HOME: join(folder, 'state') };
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
    const listed = JSON.parse(
      run(bin('rolecall'), ['module', 'list', '--catalogue', catalogue, '--output', 'json']),
    );
    expect(listed.modules).toContainEqual(expect.objectContaining({ name: 'motd', origin: 'own' }));
    expect(readdirSync(installed)).toEqual(
      expect.arrayContaining([
        'roles.schema.json',
        'templates',
        'example',
        'LICENSE',
        'CHANGELOG.md',
        'docs',
      ]),
    );
  });

  test('is a library, whose types need no others, and the example of it runs', () => {
    const api = join(folder, 'api');
    cpSync(join(installed, 'example/api'), api, { recursive: true });
    const options = { strict: true, skipLibCheck: false, types: [], lib: ['ES2023'], target: 'ES2023' };
    const compilerOptions = { ...options, module: 'NodeNext', noUncheckedIndexedAccess: true };
    writeFileSync(join(api, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(api, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['rehearse.ts'] }));
    run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', api]);
    const cwd = installed;
    const more = { ...env, ROLECALL_LOCAL_BOXES: 'simulated' };
    const told = execFileSync(process.execPath, [join(api, 'main.mjs'), 'memcached'], {
      cwd,
      env: more,
      encoding: 'utf8',
    });
    expect(told.trim().split('\n')).toEqual([
      expect.stringMatching(/^i-\w+ succeeded$/),
      expect.stringMatching(/^i-\w+ succeeded$/),
    ]);
  });

  test('names no library and nothing of Node in its types', () => {
    const types = readdirSync(join(installed, 'dist/types'), { recursive: true, encoding: 'utf8' });
    expect(types).toContain('index.d.ts');
    for (const path of types.filter((name) => name.endsWith('.d.ts'))) {
      const text = readFileSync(join(installed, 'dist/types', path), 'utf8');
      const imports = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, to]) => to);
      expect(imports.filter((to) => !to?.startsWith('.'))).toEqual([]);
    }
  });

  test('brings the bootstrapper for an AMI in one file', () => {
    const path = join(installed, 'dist/rolecall-bootstrapper');
    expect(readFileSync(path, 'utf8')).toBe(boxProgram('bootstrapper.sh'));
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test('packs for an AMI what docs/ami.md installs there, by the commands of the page', () => {
    // `npm root -g` names this package, and scp leads to a folder.
    const global = join(folder, 'global/lib');
    const machine = join(folder, 'machine');
    mkdirSync(global, { recursive: true });
    mkdirSync(join(machine, 'tmp'), { recursive: true });
    symlinkSync(join(folder, 'node_modules'), join(global, 'node_modules'));
    const { pack, install, unit, rcLocal } = amiCommands();
    const scp = 'scp() { IFS=: read -r _ to <<<"$2"; cp -- "$1" "$FOLDER$to"; }';
    execFileSync('bash', ['-euc', `${scp}\n${pack}`], {
      cwd: folder,
      env: { ...env, NPM_CONFIG_PREFIX: join(folder, 'global'), FOLDER: machine },
    });
    const packed = run('tar', ['-tzf', join(machine, 'tmp/rolecall-ami.tar.gz')]).split('\n');
    const needed = [...`${install}${unit}${rcLocal}`.matchAll(/^(?:install -m \S+|cp -r) (\S+)/gm)];
    expect(needed.map(([, path]) => path)).toHaveLength(5);
    for (const [, path = ''] of needed)
      expect(packed.some((name) => name === path || name.startsWith(path.replace(/\.$/, '')))).toBe(true);
  });

  test('launches on the local cloud', () => {
    const catalogue = join(installed, 'roles.yaml');
    const args = ['--role', 'worker', '--env', 'prod', '--context', 'b', '--local', '--output', 'json'];
    const document = JSON.parse(run(bin('launch'), [...args, '--catalogue', catalogue]));
    expect(document.summary).toEqual({ requested: 1, succeeded: 1, failed: 0, silent: 0, lost: 0 });
  });

  test('carries the licences of what is bundled, and its bill of materials', () => {
    const notices = readFileSync(join(installed, 'dist/THIRD-PARTY.txt'), 'utf8');
    const noticed = [...notices.matchAll(/^(\S+) (\d\S*) \(.+\)$/gm)].map(([, name, version]) => [
      name,
      version,
    ]);
    const bom = JSON.parse(readFileSync(join(installed, 'dist/sbom.cdx.json'), 'utf8'));
    expect(bom.metadata.component).toMatchObject({ type: 'application', name: 'rolecall' });
    const listed = bom.components.map(({ group, name, version }: Component) => [
      group === undefined ? name : `${group}/${name}`,
      version,
    ]);
    expect(noticed).toContainEqual(['@aws-sdk/client-ec2', expect.any(String)]);
    // inquirer's editor, and its tables of character sets, are left out.
    expect(noticed.map(([name]) => name)).toContain('inquirer');
    expect(noticed.map(([name]) => name)).not.toContain('iconv-lite');
    expect(listed.sort()).toEqual(noticed.sort());
  });
});

// Nobody owns the name yet: who registers it would run as whoever follows the docs.
test('no page or example installs rolecall by name from a registry', () => {
  const pages = execFileSync('git', ['ls-files', '*.md', '*.yml', '*.yaml', '*.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const byName =
    /\b(?:npx|npm (?:i|install|add|exec|x)|(?:yarn|pnpm) (?:global )?(?:add|dlx))\b(?: -\S+)*(?: --)? rolecall(?:@\S+)?(?![\w./-])/;
  expect('npm install --global rolecall').toMatch(byName);
  expect('npx rolecall@latest launch').toMatch(byName);
  expect('npm install --global ./rolecall.tgz').not.toMatch(byName);
  const found = pages
    .trim()
    .split('\n')
    .filter((page) => page !== 'docs/ci.md' && byName.test(readFileSync(join(ROOT, page), 'utf8')));
  expect(found).toEqual([]);
});
