import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ownNamespace } from '../../src/files/holder.ts';
import { appendOutput, draftIn, regularOutput, writeOutput } from '../../src/files/output-file.ts';
import { outputOf } from '../../src/files/output-target.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-output-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const modeOf = (name: string) => statSync(at(name)).mode & 0o777;

describe('a regular file', () => {
  test('is replaced whole, and keeps its rights; a new one gets those of the umask', async () => {
    writeFileSync(at('old'), 'a longer text than the new one', { mode: 0o640 });
    chmodSync(at('old'), 0o640);
    linkSync(at('old'), at('other name'));
    await writeOutput(at('old'), 'new');
    await writeOutput(at('fresh'), 'new');
    expect([read('old'), read('fresh')]).toEqual(['new', 'new']);
    expect([modeOf('old'), modeOf('fresh')]).toEqual([0o640, 0o666 & ~process.umask()]);
    // A reader that has the old one open reads on in the old one.
    expect(read('other name')).toBe('a longer text than the new one');
    expect(readdirSync(folder).sort()).toEqual(['fresh', 'old', 'other name']);
  });

  test('with a secret is its owner’s only, whatever was there before', async () => {
    writeFileSync(at('key'), 'old', { mode: 0o644 });
    await writeOutput(at('key'), 'new', { secret: true });
    expect([read('key'), modeOf('key')]).toEqual(['new', 0o600]);
  });

  test('has a draft that nobody else can name, reach or read, and that a killed process leaves for the next', async () => {
    const dead = spawnSync('true').pid;
    mkdirSync(at(`.rolecall-draft-${ownNamespace()}-${dead}.9-abcdef`), { mode: 0o700 });
    writeFileSync(at(`.rolecall-draft-${ownNamespace()}-${dead}.9-abcdef/draft`), 'half');
    const draft = await draftIn(folder);
    expect(readdirSync(folder)).toEqual([
      expect.stringMatching(/^\.rolecall-draft-[0-9a-f]{8}-\d+\.\d+-\w{6}$/),
    ]);
    await draft.fill(async (path) => {
      expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
      writeFileSync(path, 'whole', { flag: 'wx' });
    });
    await draft.commit(at('there'));
    await draft.discard();
    expect(readdirSync(folder)).toEqual(['there']);
  });

  test('whose folder takes no new file is written in place, but never with a secret', async () => {
    if (process.geteuid?.() !== 0) return;
    writeFileSync(at('theirs'), 'old and long');
    chownSync(at('theirs'), 65_534, 65_534);
    chmodSync(folder, 0o755);
    const script = `
      import { writeOutput } from ${JSON.stringify(new URL('../../src/files/output-file.ts', import.meta.url).pathname)};
      process.setegid(65534); process.seteuid(65534);
      await writeOutput(${JSON.stringify(at('theirs'))}, 'new');
      await writeOutput(${JSON.stringify(at('theirs'))}, 'secret', { secret: true }).catch((error) => console.log(error.message));`;
    const said = await compiled(script);
    expect(said).toBe(`${at('theirs')} can't be written: permission denied\n`);
    expect(read('theirs')).toBe('new');
  });
});

/** Runs a script with the sources, in a process of its own. */
async function compiled(script: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return execFileSync(process.execPath, ['--input-type=module', '-'], {
    input: outputFiles[0]?.text ?? '',
    encoding: 'utf8',
  });
}

describe('a link', () => {
  test('is followed, and stays; so is one that leads nowhere yet', async () => {
    mkdirSync(at('deep'));
    writeFileSync(at('deep/file'), 'old');
    symlinkSync('deep/file', at('link'));
    symlinkSync('link', at('link to link'));
    symlinkSync('deep/fresh', at('dangling'));
    await writeOutput(at('link to link'), 'new');
    await writeOutput(at('dangling'), 'new');
    expect([read('deep/file'), read('deep/fresh')]).toEqual(['new', 'new']);
    for (const name of ['link', 'link to link', 'dangling'])
      expect(lstatSync(at(name)).isSymbolicLink()).toBe(true);
  });

  test('in a circle is refused', async () => {
    symlinkSync('two', at('one'));
    symlinkSync('one', at('two'));
    await expect(writeOutput(at('one'), 'x')).rejects.toThrow('leads through too many links');
  });

  test('that another user planted in a shared folder is not followed, nor is a pipe used', async () => {
    if (process.geteuid?.() !== 0) return;
    writeFileSync(at('precious'), 'mine');
    mkdirSync(at('shared'));
    chmodSync(at('shared'), 0o1777);
    symlinkSync(at('precious'), at('shared/key'));
    execFileSync('mkfifo', [at('shared/pipe')]);
    for (const name of ['shared/key', 'shared/pipe']) {
      execFileSync('chown', ['-h', '65534:65534', at(name)]);
      await expect(writeOutput(at(name), 'x', { secret: true })).rejects.toThrow('belongs to another user');
    }
    expect(read('precious')).toBe('mine');
  });
});

describe('what is no regular file is written through, and stays what it is', () => {
  test('a pipe, by more than it holds at once, though its reader comes later', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const text = 'x'.repeat(300_000);
    const writing = writeOutput(at('pipe'), text);
    const reader = spawn('sh', ['-c', `sleep 0.2; cat <"${at('pipe')}"`]);
    let got = '';
    reader.stdout.on('data', (chunk) => {
      got += String(chunk);
    });
    await writing;
    await new Promise((resolve) => reader.once('close', resolve));
    expect(got.length).toBe(text.length);
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  });

  test('a device, also one that is full', async () => {
    if (process.geteuid?.() !== 0) return;
    execFileSync('mknod', [at('null'), 'c', '1', '3']);
    execFileSync('mknod', [at('full'), 'c', '1', '7']);
    symlinkSync('full', at('link'));
    await writeOutput(at('null'), 'x');
    await appendOutput(at('null'), 'x');
    for (const name of ['full', 'link']) {
      await expect(writeOutput(at(name), 'x')).rejects.toMatchObject({
        exit: 'usage',
        message: `${at(name)} can't be written: no space left on device`,
        hint: expect.stringMatching(/^make room on that disk/),
      });
      await expect(appendOutput(at(name), 'x')).rejects.toThrow('no space left on device');
    }
    for (const name of ['null', 'full']) expect(lstatSync(at(name)).isCharacterDevice()).toBe(true);
  });

  test('a descriptor of the process, behind which a regular file lies', async () => {
    const script = `
      import { writeOutput } from ${JSON.stringify(new URL('../../src/files/output-file.ts', import.meta.url).pathname)};
      await writeOutput('/dev/stdout', 'one\\n');
      process.stdout.write('two\\n');
      await writeOutput('/proc/self/fd/1', 'three\\n');`;
    expect(await compiled(script)).toBe('one\ntwo\nthree\n');
    writeFileSync(at('bundled.mjs'), script);
  });

  test('not a folder, not a socket, and no pipe for what must be a file', async () => {
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      await expect(outputOf(at('folder'))).rejects.toThrow(`${at('folder')} is a folder`);
      await expect(outputOf(at('socket'))).rejects.toThrow(`${at('socket')} is a socket`);
      await expect(regularOutput(at('pipe'))).rejects.toThrow(`${at('pipe')} is a device or a pipe`);
    } finally {
      server.close();
    }
  });
});

test.each([
  ['below a file', 'file/x', 'not a directory'],
  ['with a name that is too long', 'x'.repeat(300), 'name too long'],
  ['in a folder that is not there', 'none/x', 'no such file or directory'],
])('a path %s is told in a sentence', async (_what, name, reason) => {
  writeFileSync(at('file'), '');
  for (const write of [writeOutput, appendOutput])
    await expect(write(at(name), 'x')).rejects.toMatchObject({
      exit: 'usage',
      message: `${at(name)} can't be written: ${reason}`,
    });
});
