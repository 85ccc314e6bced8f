import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { scratchFolder } from '../../src/io/scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-scratch-test-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what a killed process has left goes; what a living one needs stays, and so does anything else', async () => {
  const dead = spawnSync('true').pid;
  const names = [
    `rolecall-scratch-${dead}-abc`,
    `rolecall-scratch-${process.pid}-abc`,
    'rolecall-scratch-notes',
    'other',
  ];
  for (const name of names) mkdirSync(join(folder, name, 'deep'), { recursive: true });
  const made = await scratchFolder(folder);
  expect(made.startsWith(join(folder, `rolecall-scratch-${process.pid}-`))).toBe(true);
  expect(names.map((name) => existsSync(join(folder, name)))).toEqual([false, true, true, true]);
});
