import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import { createResult, readResult } from '../../src/launch/results.ts';
import { launchDocument } from '../../src/results/document.ts';
import { timelinesOf } from '../../src/results/timelines.ts';
import { ended, launchId, META, moduleFailed } from '../reporters/support.ts';

const LAUNCH = launchId(META.id);
const folder = mkdtempSync(join(tmpdir(), 'rolecall-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['in memory', () => memoryRecords()],
  ['as files', () => fileRecords(folder, systemClock)],
])('a thousand machines that failed fit into records that can be read, %s', async (_, make) => {
  const records = make();
  const long = Array.from({ length: 40 }, (_, line) => `${line} ${'x'.repeat(390)}`);
  const verdicts = Array.from({ length: 1000 }, (_, index) => {
    const verdict = moduleFailed(index);
    return verdict.outcome === 'failed'
      ? { ...verdict, failure: { ...verdict.failure, excerpt: long } }
      : verdict;
  });
  const view = ended(verdicts);
  const document = launchDocument(view, META);
  const timelines = timelinesOf(view);
  const created = '2026-11-21T22:00:00.000Z';
  await createResult(records, LAUNCH, { verb: 'launch', created, undecided: [], document, timelines });
  const keys = await records.list(`launches/${LAUNCH}/results/`);
  const sizes = await Promise.all(keys.map(async (key) => (await records.read(key))?.length));
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.max(...sizes.map((size) => size ?? 0))).toBeLessThan(4 * 1024 * 1024);
  const whole = await readResult(records, LAUNCH);
  expect(whole?.document).toEqual(document);
  expect(whole?.timelines).toEqual(timelines);
});
