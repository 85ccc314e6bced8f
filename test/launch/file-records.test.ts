import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/errors.ts';
import { fileRecords } from '../../src/launch/file-records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-records-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('records in files', () => {
  test('what was created is read and listed', async () => {
    const records = fileRecords(join(folder, 'rolecall'));
    expect(await records.create('launches/a/launch.json', 'A')).toBe(true);
    expect(await records.create('launches/a/batches/1.json', 'B')).toBe(true);
    expect(await records.read('launches/a/launch.json')).toBe('A');
    expect((await records.list('launches/a/')).sort()).toEqual([
      'launches/a/batches/1.json',
      'launches/a/launch.json',
    ]);
  });

  test('what is not there reads as undefined and lists as nothing', async () => {
    const records = fileRecords(join(folder, 'none'));
    expect(await records.read('launches/a/launch.json')).toBeUndefined();
    expect(await records.list('launches/a/')).toEqual([]);
  });

  test('of many that create one record, one does, and its text stays whole', async () => {
    const records = fileRecords(folder);
    const texts = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(5_000));
    const created = await Promise.all(texts.map((text) => records.create('launches/a/launch.json', text)));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await records.read('launches/a/launch.json')).toBe(texts[created.indexOf(true)]);
    expect(readdirSync(join(folder, 'launches', 'a'))).toEqual(['launch.json']);
  });

  test('what a crashed run left half written is not a record', async () => {
    const records = fileRecords(folder);
    mkdirSync(join(folder, 'launches', 'a', 'batches'), { recursive: true });
    writeFileSync(join(folder, 'launches', 'a', 'batches', '.new-00ff'), '{"ver');
    expect(await records.list('launches/a/batches/')).toEqual([]);
  });

  test('are for this user only', async () => {
    const records = fileRecords(join(folder, 'rolecall'));
    await records.create('launches/a/launch.json', 'A');
    expect(statSync(join(folder, 'rolecall')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'rolecall', 'launches', 'a', 'launch.json')).mode & 0o777).toBe(0o600);
  });

  test('where the folder cannot be made, the error names the path and XDG_STATE_HOME', async () => {
    writeFileSync(join(folder, 'file'), '');
    const failed = fileRecords(join(folder, 'file')).create('launches/a/launch.json', 'A');
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining(join(folder, 'file', 'launches', 'a', 'launch.json')),
      hint: expect.stringContaining('XDG_STATE_HOME'),
    });
  });

  test('a folder that takes no folders is an error, and not a wait without end', async () => {
    // Node's own recursive mkdir never returns from here.
    const failed = fileRecords('/proc/no-folders-here').create('launches/a/launch.json', 'A');
    await expect(failed).rejects.toThrow(UsageError);
  });
});
