import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/io/clock.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { memoryRecords } from '../../src/launch/memory-records.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import { createResult, readResults } from '../../src/launch/results.ts';
import { launchDocument } from '../../src/report/document.ts';
import { timelinesOf } from '../../src/report/timelines.ts';
import { ended, FAILED, instanceId, launchId, META, moduleFailed, SUCCEEDED } from '../report/support.ts';

const LAUNCH = launchId(META.id);
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-results-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const content = (verdicts: Parameters<typeof ended>[0], undecided: readonly string[] = []) => {
  const view = ended(verdicts);
  return {
    verb: 'launch',
    created: '2026-11-21T22:00:00.000Z',
    undecided,
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
    const { whole, newest } = await readResults(records, LAUNCH);
    expect(whole).toEqual({ version: 1, result: 1, ...content([SUCCEEDED, FAILED]) });
    expect(newest).toEqual(whole);
  });

  test('is nothing for a launch that no command has followed to an end', async () => {
    expect(await readResults(make(), LAUNCH)).toEqual({ whole: undefined, newest: undefined });
  });

  test('is numbered, and the newest counts that knows all verdicts', async () => {
    const records = make();
    await createResult(records, LAUNCH, content([SUCCEEDED, FAILED]));
    await createResult(records, LAUNCH, content([SUCCEEDED], [instanceId(0)]));
    const { whole, newest } = await readResults(records, LAUNCH);
    expect({ whole: whole?.result, newest: newest?.result }).toEqual({ whole: 1, newest: 2 });
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

  test('of a thousand machines that failed it fits into records that can be read', async () => {
    const records = make();
    const long = Array.from({ length: 40 }, (_, line) => `${line} ${'x'.repeat(390)}`);
    const verdicts = Array.from({ length: 1000 }, (_, index) => {
      const verdict = moduleFailed(index);
      return verdict.outcome === 'failed'
        ? { ...verdict, failure: { ...verdict.failure, excerpt: long } }
        : verdict;
    });
    await createResult(records, LAUNCH, content(verdicts));
    const sizes = await Promise.all(
      (await keys(records)).map(async (key) => (await records.read(key))?.length),
    );
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes.map((size) => size ?? 0))).toBeLessThan(4 * 1024 * 1024);
    const { whole } = await readResults(records, LAUNCH);
    expect(whole?.document).toEqual(content(verdicts).document);
    expect(whole?.timelines).toEqual(content(verdicts).timelines);
  });
});

test('a part that is gone leaves the record unread, a damaged record is told', async () => {
  const records = fileRecords(folder, systemClock);
  const verdicts = Array.from({ length: 3000 }, () => FAILED);
  await createResult(records, LAUNCH, content(verdicts));
  const results = join(folder, 'launches', LAUNCH, 'results');
  const [part = ''] = readdirSync(join(results, 'parts'));
  rmSync(join(results, 'parts', part));
  expect(await readResults(records, LAUNCH)).toEqual({ whole: undefined, newest: undefined });
  for (const text of [
    '{',
    '{"version":1,"result":1}',
    '{"version":1,"result":7}',
    JSON.stringify({ ...content([]), version: 1, result: 1, parts: ['../../x'] }),
  ]) {
    writeFileSync(join(results, '1.json'), text);
    await expect(readResults(records, LAUNCH)).rejects.toMatchObject({ exit: 'conflict' });
  }
});
