import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { followConsole, lineEnds } from '../../src/box/console.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-console-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([0, 1, 65_536, 1_500_000, 3_000_000])(
  '%d bytes arrive, each once and in order, when finished at the writer’s end',
  async (size) => {
    const fifo = join(folder, `fifo${size}`);
    const file = join(folder, `file${size}`);
    execFileSync('mkfifo', [fifo]);
    const bytes = Buffer.from(randomBytes(size).toString('base64').slice(0, size));
    await writeFile(file, bytes);
    const chunks: Buffer[] = [];
    const reader = followConsole(fifo, (chunk) => chunks.push(chunk));
    const writer = spawn('bash', ['-c', 'cat "$1" >"$2"', 'writer', file, fifo], { stdio: 'ignore' });
    await once(writer, 'exit');
    reader.finish();
    const got = Buffer.concat(chunks);
    expect(got.length).toBe(size);
    expect(got.equals(bytes)).toBe(true);
  },
);

test('a line ends as on a terminal, whatever stands in it', () => {
  expect(lineEnds(Buffer.from('one\ntwo\n\n'))).toEqual(Buffer.from('one\r\ntwo\r\n\r\n'));
  expect(lineEnds(Buffer.from([0xff, 0x0a, 0x80]))).toEqual(Buffer.from([0xff, 0x0d, 0x0a, 0x80]));
  expect(lineEnds(Buffer.from('no end'))).toEqual(Buffer.from('no end'));
});

test('a console that is not there is an error', () => {
  expect(() => followConsole(join(folder, 'none'), () => undefined)).toThrow(/ENOENT/);
});
