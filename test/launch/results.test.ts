import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import { createResult, readResult } from '../../src/launch/results.ts';
import { launchDocument } from '../../src/results/document.ts';
import { timelinesOf } from '../../src/results/timelines.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { ended, FAILED, LOST, launchId, META, SILENT, SUCCEEDED } from '../reporters/support.ts';

const LAUNCH = launchId(META.id);
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-results-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const content = (verdicts: readonly Verdict[]) => {
  const view = ended(verdicts);
  return {
    verb: 'launch',
    created: '2026-11-21T22:00:00.000Z',
    undecided: [],
    document: launchDocument(view, META),
    timelines: timelinesOf(view),
  };
};
const keys = async (records: LaunchRecords) => (await records.list(`launches/${LAUNCH}/results/`)).sort();

describe.each([
  ['in memory', () => memoryRecords()],
  ['as files', () => fileRecords(folder, systemClock)],
])('what became of a launch, recorded %s', (_, make) => {
  test('is read back as it was', async () => {
    const records = make();
    await createResult(records, LAUNCH, content([SUCCEEDED, FAILED]));
    expect(await readResult(records, LAUNCH)).toEqual({
      version: 1,
      result: 1,
      ...content([SUCCEEDED, FAILED]),
    });
  });

  test('is nothing for a launch that no command has followed to an end', async () => {
    expect(await readResult(make(), LAUNCH)).toBeUndefined();
  });

  test.each([
    [
      'the newest of equals',
      [
        [SUCCEEDED, FAILED],
        [FAILED, SUCCEEDED],
      ],
      2,
    ],
    [
      'what a later watch of machines that are gone does not know',
      [
        [SUCCEEDED, FAILED],
        [LOST, LOST],
      ],
      1,
    ],
    [
      'a machine that was silent at first, and succeeded later',
      [
        [SUCCEEDED, SILENT],
        [SUCCEEDED, SUCCEEDED],
      ],
      2,
    ],
    ['what there is', [[LOST]], 1],
  ])('is numbered, and that record counts that knows most: %s', async (_, all, result) => {
    const records = make();
    for (const verdicts of all) await createResult(records, LAUNCH, content(verdicts));
    expect((await readResult(records, LAUNCH))?.result).toBe(result);
  });

  test('is not recorded twice', async () => {
    const records = make();
    for (let i = 0; i < 3; i += 1) await createResult(records, LAUNCH, content([SUCCEEDED]));
    expect(await keys(records)).toEqual([`launches/${LAUNCH}/results/1.json`]);
  });

  test('of two commands that end together both are recorded', async () => {
    const records = make();
    const both = [content([SUCCEEDED]), content([FAILED])].map((each) => createResult(records, LAUNCH, each));
    await Promise.all(both);
    expect(await keys(records)).toEqual([1, 2].map((n) => `launches/${LAUNCH}/results/${n}.json`));
  });
});

test('a part that is gone leaves the record unread, a damaged record is told', async () => {
  const records = fileRecords(folder, systemClock);
  const verdicts = Array.from({ length: 3000 }, () => FAILED);
  await createResult(records, LAUNCH, content(verdicts));
  const results = join(folder, 'launches', LAUNCH, 'results');
  const [part = ''] = readdirSync(join(results, 'parts'));
  rmSync(join(results, 'parts', part));
  expect(await readResult(records, LAUNCH)).toBeUndefined();
  for (const text of [
    '{',
    '{"version":1,"result":1}',
    '{"version":1,"result":7}',
    JSON.stringify({ ...content([]), version: 1, result: 1, parts: ['../../x'] }),
  ]) {
    writeFileSync(join(results, '1.json'), text);
    await expect(readResult(records, LAUNCH)).rejects.toMatchObject({ exit: 'conflict' });
  }
});
