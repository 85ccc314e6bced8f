import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { widthOf } from '../../src/text.ts';
import { newFolder, opensslOpens } from '../bundle/support.ts';
import { bundleCatalogue } from '../support/modules.ts';
import { rolecall } from './run.ts';

let folder: string;
beforeAll(async () => {
  // One after the other: Jest's loader can't load what several modules import for the first time at once.
  await import('../../src/actions/artifacts/role-bundle.ts');
  await import('../../src/actions/artifacts/bundle.ts');
  await import('../../src/actions/bundle/key.ts');
  folder = newFolder();
  bundleCatalogue(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'hunter2 in the bundle';
const env = { FIRST_TEXT: SECRET };
const choice = ['--role', 'pair', '--env', 'prod', '--context', 'b'];
const bundle = (verb: string, ...more: string[]) => rolecall(['bundle', verb, ...more], { cwd: folder, env });

/** Builds the bundle of `pair` under this name. */
async function built(name: string) {
  const file = join(folder, name);
  expect((await bundle('build', ...choice, '--file', file)).code).toBe(0);
  return { file, key: readFileSync(`${file}.key`, 'utf8').trim() };
}

describe('bundle build', () => {
  test('writes the sealed file and its key, for their owner only, and prints no secret', async () => {
    const { code, stdout, stderr } = await bundle('build', ...choice);
    const file = join(folder, 'pair-prod-b.bundle');
    // A slow machine says what it is doing.
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^(?:building the start-up bundle\n)?$/),
    });
    const key = readFileSync(`${file}.key`, 'utf8');
    expect(stdout).toMatch(
      /^built the bundle of pair: first, second; \d+ files, \d+ kB sealed\n {2}\S*pair-prod-b\.bundle\n/,
    );
    expect(stdout).toMatch(/its key is secret, and only you can read it\n {2}\S*\.bundle\.key\n$/);
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    for (const path of [file, `${file}.key`]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(key.trim());
    const listing = execFileSync('tar', ['-tz'], { input: opensslOpens(file, key.trim()), encoding: 'utf8' });
    expect(listing).toContain('start-up-bundle/first/.variables\n');
  });

  test('as data: hashes and paths; the same tar each time, under another key', async () => {
    const once = async () => {
      const { stdout } = await bundle('build', ...choice, '--file', 'again', '--output', 'json');
      return { document: JSON.parse(stdout), key: readFileSync(join(folder, 'again.key'), 'utf8'), stdout };
    };
    const [one, two] = [await once(), await once()];
    expect(one.document).toEqual({
      role: 'pair',
      modules: ['first', 'second'],
      files: expect.any(Number),
      size: statSync(join(folder, 'again')).size,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      tar_sha256: two.document.tar_sha256,
      compression: 'gzip',
      file: join(folder, 'again'),
      key_file: join(folder, 'again.key'),
    });
    expect(two.document.sha256).not.toBe(one.document.sha256);
    expect(two.key).not.toBe(one.key);
    expect(one.stdout).not.toMatch(new RegExp(`${one.key.trim()}|${SECRET}`));
  });

  test('in 40 columns no sentence is wider', async () => {
    const { stdout } = await rolecall(['bundle', 'build', ...choice, '--file', 'w'], {
      cwd: folder,
      env,
      columns: 40,
    });
    const prose = stdout.split('\n').filter((line) => !line.includes('/'));
    for (const line of prose) expect({ line, fits: widthOf(line) <= 40 }).toEqual({ line, fits: true });
  });

  test.each<[string, string[], RegExp]>([
    ['a folder', ['--file', '.'], /^error: \S+ is a folder\n/],
    [
      'a folder that isn’t there',
      ['--file', 'none/x'],
      /^error: \S+none can't be written to: no such file or directory\n/,
    ],
  ])('into %s leaves nothing', async (_what, more, words) => {
    const before = readdirSync(folder);
    const { code, stderr } = await bundle('build', ...choice, ...more);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each(['seal', 'seal.key'])('never takes the place of what is no file: %s', async (pipe) => {
    execFileSync('mkfifo', [join(folder, pipe)]);
    const before = readdirSync(folder);
    const { code, stderr } = await bundle('build', ...choice, '--file', 'seal');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`error: ${join(folder, pipe)} is a device or a pipe\n`),
    });
    expect(readdirSync(folder)).toEqual(before);
    expect(lstatSync(join(folder, pipe)).isFIFO()).toBe(true);
    rmSync(join(folder, pipe));
  });

  test('packs nothing from outside of the catalogue’s repository, and no secret, unless it is said to', async () => {
    const outside = newFolder();
    const place = join(outside, 'fleet');
    mkdirSync(place);
    bundleCatalogue(place);
    const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\n-----END EC PRIVATE KEY-----\n';
    writeFileSync(join(outside, 'site.key'), key);
    const text = readFileSync(join(place, 'roles.yaml'), 'utf8');
    writeFileSync(
      join(place, 'roles.yaml'),
      text.replace('    modules: [first', '    files: { tls/site.key: ../site.key }\n    modules: [first'),
    );
    const said = (verb: readonly string[], ...more: string[]) =>
      rolecall([...verb, ...choice, ...more], { cwd: place, env });
    const allowed = ['--allow-outside', '../site.key', '--allow-secret', 'files/tls/site.key'];
    for (const verb of [['bundle', 'build'], ['plan'], ['render', '--redact']]) {
      const kept = await said(verb);
      expect(kept).toMatchObject({ code: 2, stdout: '' });
      expect(kept.stderr).toMatch(
        /^error: the bundle of pair has 1 fault\n\nroles\.yaml:\d+:\d+: files\.tls\/site\.key lies outside of the catalogue's repository: \/.*\/site\.key\n/,
      );
      expect(await said(verb, ...allowed.slice(0, 2))).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/files\/tls\/site\.key holds a private key/),
      });
      expect(await said(verb, ...allowed)).toMatchObject({ code: 0 });
    }
    const plan = await said(['plan'], ...allowed);
    expect(plan.stdout.replace(/\s+/g, ' ')).toContain(
      `from outside files.tls/site.key is ${outside}/site.key`,
    );
    const data = JSON.parse((await said(['plan'], ...allowed, '--output', 'json')).stdout);
    expect(data.bundle.outside).toEqual([{ name: 'files.tls/site.key', path: join(outside, 'site.key') }]);
    const named = ['--role', 'second', '--env', 'prod', '--context', 'b', '--allow-secret', 'x'];
    expect(await rolecall(['plan', ...named], { cwd: place, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--allow-secret x: nothing in the bundle of second by that path looks like a secret',
      ),
    });
    rmSync(outside, { recursive: true, force: true });
  });

  test('packs no credential of the operator’s own, whatever it is called', async () => {
    const mine = {
      AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE',
      FIRST_TEXT: 'token=IQoJb3JpZ2luX2VjEXAMPLE',
    };
    const { code, stderr } = await rolecall(['bundle', 'build', ...choice], { cwd: folder, env: mine });
    expect(code).toBe(2);
    expect(stderr).toMatch(/variables\.first_text holds the AWS credentials of this command\n/);
    expect(stderr).not.toContain('IQoJb3JpZ2lu');
  });

  test('without a value that a variable comes from: its name, and no more', async () => {
    const { code, stderr } = await rolecall(['bundle', 'build', ...choice], { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^error: variables\.first_text comes from FIRST_TEXT, which is not in the environment\n/,
      ),
    });
  });

  test('without a role asks on no terminal, and names the flags', async () => {
    const { code, stderr } = await bundle('build');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--role/);
  });

  test('of a role without modules, or of a module that was changed since it was added', async () => {
    const shipped = await rolecall(['bundle', 'build', '--role', 'web', '--env', 'prod', '--context', 'b']);
    expect(shipped.code).toBe(2);
    expect(shipped.stderr).toMatch(
      /^error: the role web has no modules, and so no start-up bundle\n[\s\S]*roles\.web in roles\.yaml/,
    );
    const lock = join(folder, 'modules/modules.lock');
    writeFileSync(lock, `version: 1\nmodules:\n  second: { source: ../theirs, sha256: ${'a'.repeat(64)} }\n`);
    try {
      for (const verb of [['bundle', 'build'], ['plan'], ['render', '--redact']]) {
        const { code, stderr } = await rolecall([...verb, ...choice], { cwd: folder, env });
        expect(code).toBe(6);
        expect(stderr).toMatch(/these modules are not what modules\.lock says: second \(from \.\.\/theirs\)/);
      }
      expect(await rolecall(['module', 'test', 'second'], { cwd: folder, env })).toMatchObject({ code: 6 });
    } finally {
      rmSync(lock);
    }
  });
});

describe('bundle open', () => {
  test('lists the members, or unpacks them into a new folder for their owner', async () => {
    const { file } = await built('listed');
    const listed = await bundle('open', file);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/^folder +start-up-bundle\/\n/);
    expect(listed.stdout).toMatch(/^\d+ B +start-up-bundle\/first\/\.variables\n/m);
    expect(listed.stdout).not.toContain(SECRET);
    const unpacked = await bundle('open', file, '--to', 'look');
    expect(unpacked.stdout).toMatch(/^unpacked \d files; secrets stand there in clear\n {2}\S*\/look\n$/);
    expect(readFileSync(join(folder, 'look/start-up-bundle/first/.variables'), 'utf8')).toBe(
      `first_text=${SECRET}\0`,
    );
    expect(statSync(join(folder, 'look/start-up-bundle/first/.variables')).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['full', 'is not empty'],
    ['file', 'is no folder'],
  ])('never unpacks into what is there: %s', async (name, words) => {
    const { file } = await built('kept');
    mkdirSync(join(folder, 'full'), { recursive: true });
    writeFileSync(join(folder, 'full/x'), 'mine');
    writeFileSync(join(folder, 'file'), 'mine');
    const { code, stderr } = await bundle('open', file, '--to', name);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
    expect(readdirSync(join(folder, 'full'))).toEqual(['x']);
  });

  test('as data: members with sizes', async () => {
    const { file } = await built('data');
    const { stdout } = await bundle('open', file, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      modules: ['first', 'second'],
      members: expect.arrayContaining([
        { path: 'start-up-bundle/second/start-up.sh', kind: 'file', size: expect.any(Number) },
      ]),
    });
  });
});

describe('bundle verify', () => {
  const userData = (key: string, sha256: string) => {
    const path = join(folder, `user-data-${key.slice(0, 2)}-${sha256.slice(0, 2)}`);
    writeFileSync(path, `#!/bin/bash\nrolecall_bundle_key=${key}\nrolecall_bundle_sha256=${sha256}\n`);
    return path;
  };

  test('takes the key from its file, or with the SHA-256 from user data', async () => {
    const { file, key } = await built('verified');
    const alone = await bundle('verify', file);
    expect(alone.stdout).toMatch(/^a sound bundle: first, second; \d files\nSHA-256 [0-9a-f]{64}\n$/);
    const sha256 = /SHA-256 (\S+)/.exec(alone.stdout)?.[1] ?? '';
    const against = await bundle('verify', file, '--key-file', userData(key, sha256));
    expect(against.stdout).toMatch(/, as its payload says\n$/);
    expect((await bundle('verify', file, '--sha256', sha256)).stdout).toMatch(/, as its payload says\n$/);
    const { stdout } = await bundle('verify', file, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ sha256, modules: ['first', 'second'] });
  });

  test('another file, another key, a flipped bit, an end that is missing: exit 2, and the key is told to nobody', async () => {
    const { file, key } = await built('broken');
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(bytes.readUInt8(500) ^ 4, 500);
    const cases: [string, Buffer, string[], RegExp][] = [
      [
        'another file',
        bytes,
        ['--key-file', userData(key, '0'.repeat(64))],
        /is another file: its SHA-256 is/,
      ],
      ['said otherwise', bytes, ['--sha256', '1'.repeat(64)], /is another file/],
      [
        'another key',
        bytes,
        ['--key-file', userData('e'.repeat(64), '')],
        /holds no key|can not be decrypted/,
      ],
      [
        'a flipped bit',
        flipped,
        [],
        /can not be decrypted: the key is another one, or the file is cut off or changed/,
      ],
      ['cut off', bytes.subarray(0, -16), [], /can not be decrypted/],
      ['nearly nothing', bytes.subarray(0, 20), [], /this is no sealed bundle/],
    ];
    for (const [what, content, more, words] of cases) {
      writeFileSync(file, content);
      const { code, stdout, stderr } = await bundle('verify', file, '--debug', ...more);
      expect({ what, code, stdout, stderr }).toEqual({
        what,
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(words),
      });
      expect(stderr).not.toContain(key);
    }
  });

  test('no key, a key that is none, a hash that is none', async () => {
    const { file } = await built('keyless');
    rmSync(`${file}.key`);
    expect((await bundle('verify', file)).stderr).toMatch(
      /^error: the key can't be read: there is no \S+keyless\.key\n[\s\S]*--key-file/,
    );
    writeFileSync(`${file}.key`, 'not a key\n');
    expect((await bundle('verify', file)).stderr).toMatch(/holds no key of a bundle\n[\s\S]*64 hex digits/);
    expect((await bundle('verify', file, '--sha256', 'abc')).stderr).toMatch(
      /--sha256 must be 64 hex digits/,
    );
  });
});

describe('bundle publish', () => {
  test.each<[string, string[], RegExp]>([
    [
      'a time that is none',
      ['--expires', 'soon'],
      /^error: --expires must be a duration such as 90s, 10m or 1h, not "soon"\n/,
    ],
    ['a launch that can’t be', ['--launch-id', '../x'], /launch/],
  ])('with %s does nothing', async (_what, more, words) => {
    const { code, stdout, stderr } = await bundle('publish', ...choice, ...more);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(words);
  });
});

describe('render and plan of a role with modules', () => {
  test('show neither key, nonce, signature nor values, and publish nothing', async () => {
    const shown = await rolecall(['render', '--redact', ...choice], { cwd: folder, env });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^rolecall_bundle_key=\[redacted\]$/m);
    expect(shown.stdout).toMatch(/^rolecall_nonce=\[redacted\]$/m);
    const plan = await rolecall(['plan', ...choice], { cwd: folder, env });
    expect(plan.stdout).toMatch(/bundle +first, second; \d files/);
    const data = await rolecall(['plan', ...choice, '--output', 'json'], { cwd: folder, env });
    for (const { stdout } of [shown, plan, data])
      expect(stdout).not.toMatch(new RegExp(`${SECRET}|key=[0-9a-f]{9}|Signature=[0-9a-f]{9}`));
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });
});
