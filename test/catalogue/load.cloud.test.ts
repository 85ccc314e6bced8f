import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CatalogueError } from '../../src/catalogue/catalogue.ts';
import { findCatalogue, readCatalogue } from '../../src/catalogue/load.ts';
import { UsageError } from '../../src/errors.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { catalogueWith } from './sample.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-catalogue-'));
  mkdirSync(join(folder, 'team/deep/er'), { recursive: true });
  writeFileSync(join(folder, 'team/roles.yaml'), catalogueWith(''));
});
afterAll(() => rmSync(folder, { recursive: true }));

function refusal(act: () => unknown): UsageError {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('findCatalogue', () => {
  test('the nearest roles.yaml upwards', () => {
    expect(findCatalogue(join(folder, 'team/deep/er'))).toBe(join(folder, 'team/roles.yaml'));
    expect(findCatalogue(join(folder, 'team'))).toBe(join(folder, 'team/roles.yaml'));
  });

  test('the given one, relative to the current folder or absolute', () => {
    expect(findCatalogue(folder, 'team/roles.yaml')).toBe(join(folder, 'team/roles.yaml'));
    expect(findCatalogue('/', join(folder, 'team/roles.yaml'))).toBe(join(folder, 'team/roles.yaml'));
  });

  test('none: names where it looked, and what to do', () => {
    const { message, hint } = refusal(() => findCatalogue(folder));
    expect(message).toBe(`there is no roles.yaml in ${folder} or any folder above it`);
    expect(hint).toContain('--catalogue FILE');
  });

  test('a given one that is not there', () => {
    expect(refusal(() => findCatalogue(folder, 'nope.yaml')).message).toBe(
      `there is no catalogue at ${folder}/nope.yaml`,
    );
    expect(refusal(() => findCatalogue(folder, 'team/roles.yaml/x')).message).toContain(
      'there is no catalogue at',
    );
  });
});

describe('readCatalogue', () => {
  test('calls the file by its path from the current folder where it is inside, else by its own', () => {
    expect(readCatalogue(join(folder, 'team/roles.yaml'), folder)).toMatchObject({
      path: join(folder, 'team/roles.yaml'),
      label: 'team/roles.yaml',
    });
    expect(readCatalogue(join(folder, 'team/roles.yaml'), join(folder, 'team/deep')).label).toBe(
      `${folder}/team/roles.yaml`,
    );
  });

  test('through a symbolic link', () => {
    symlinkSync('team/roles.yaml', join(folder, 'link.yaml'));
    expect(readCatalogue(join(folder, 'link.yaml')).name).toBe('shop');
  });

  test('from a pipe, as bash gives for <(...)', async () => {
    const fifo = join(folder, 'fifo');
    expect(spawnSync('sh', ['-c', 'mkfifo "$1"', 'sh', fifo]).status).toBe(0);
    const writer = spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', join(folder, 'team/roles.yaml'), fifo], {
      stdio: 'ignore',
    });
    const ended = once(writer, 'exit');
    expect(readCatalogue(fifo).name).toBe('shop');
    expect(await ended).toEqual([0, null]);
  });

  test('every fault in one error that ends with exit code 2', () => {
    const path = written('bad.yaml', catalogueWith('    memory: 1\n    disk: 2'));
    const error = refusal(() => readCatalogue(path, folder));
    expect(error).toBeInstanceOf(CatalogueError);
    expect(error.exit).toBe('usage');
    expect(error.message).toMatch(
      /^the catalogue has 2 faults\n\nbad.yaml:11:5: unknown key "memory"[\s\S]*\n\nbad.yaml:12:5: /,
    );
    expect(error.hint).toContain('rolecall validate');
  });

  test('an empty file', () => {
    expect(refusal(() => readCatalogue(written('empty.yaml', ''), folder)).message).toContain(
      'empty.yaml:1:1: the catalogue is empty',
    );
  });

  test.each([
    ['latin1', Buffer.from(catalogueWith('    description: Gr\u00fc\u00dfe'), 'latin1'), '11:20'],
    ['UTF-16', Buffer.from(`\ufeff${catalogueWith('')}`, 'utf16le'), '1:1'],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00]), '1:5'],
  ])('%s in place of UTF-8', (_name, bytes, place) => {
    const { message } = refusal(() => readCatalogue(written('bytes.yaml', bytes), folder));
    expect(message).toContain(`bytes.yaml:${place}: these bytes are not UTF-8`);
  });

  test('NUL bytes', () => {
    expect(refusal(() => readCatalogue(written('nul.yaml', Buffer.alloc(2000)), folder))).toBeInstanceOf(
      CatalogueError,
    );
  });

  test('a folder', () => {
    expect(refusal(() => readCatalogue(join(folder, 'team'), folder))).toMatchObject({
      message: 'team is a folder, not a catalogue',
      hint: 'give --catalogue team/roles.yaml',
    });
  });

  test('a device without end is read to the limit only', () => {
    expect(refusal(() => readCatalogue('/dev/zero')).message).toContain('too large');
  });

  test('a file that this user may not read', () => {
    const path = written('secret.yaml', catalogueWith(''));
    chmodSync(path, 0o000);
    // Root may read everything, so the reader runs as nobody where the tests run as root.
    const { status, stdout } = asOrdinaryUser(path);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${path} may not be read by this user\n` });
  });
});

/** Reads a catalogue in a process without root's rights; prints the refusal. */
function asOrdinaryUser(path: string): { status: number | null; stdout: string } {
  chmodSync(folder, 0o755);
  const bundle = join(folder, 'reader.cjs');
  const source = `import { readCatalogue } from '${packageRoot()}/src/catalogue/load.ts';
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    try { readCatalogue(process.argv[2]); } catch (error) { process.stdout.write(error.message + '\\n'); }`;
  const built = spawnSync(
    join(packageRoot(), 'node_modules/.bin/esbuild'),
    ['--bundle', '--platform=node', '--format=cjs', `--outfile=${bundle}`],
    { input: source, cwd: packageRoot() },
  );
  if (built.status !== 0) throw new Error(`esbuild: ${built.stderr.toString()}`);
  chmodSync(bundle, 0o644);
  const { status, stdout } = spawnSync(process.execPath, [bundle, path], { encoding: 'utf8' });
  return { status, stdout };
}
