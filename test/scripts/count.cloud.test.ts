import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { packageRoot } from '../../src/files/package-root.ts';

const LANES = ['unit', 'property', 'cloud', 'e2e', 'box'] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-count-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One file of a lane as Jest's JSON tells it. */
const file = (lane: string, ...statuses: readonly string[]) => ({
  name: `/repo/test/x${lane === 'unit' ? '' : `.${lane}`}.test.ts`,
  status: statuses.every((status) => status === 'passed') && statuses.length > 0 ? 'passed' : 'failed',
  assertionResults: statuses.map((status) => ({ status })),
});

/** Counts runs of Jest, one result file a run. */
function count(...runs: readonly (readonly ReturnType<typeof file>[])[]) {
  for (const [index, testResults] of runs.entries()) {
    writeFileSync(join(folder, `${index}.json`), JSON.stringify({ testResults }));
  }
  const script = join(packageRoot(), 'scripts/count.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

const all = LANES.map((lane) => file(lane, 'passed', 'passed'));
const without = (lane: string) => LANES.filter((each) => each !== lane).map((each) => file(each, 'passed'));

test('the closing line sums all lanes of all runs', () => {
  const { status, lines } = count(all.slice(0, 4), all.slice(4));
  expect({ status, last: lines.at(-1), first: lines[0] }).toEqual({
    status: 0,
    last: '10 passed, 0 failed',
    first: 'unit: 2 passed, 0 failed',
  });
});

test.each(LANES)('a run without a test of the lane %s fails', (lane) => {
  const { status, lines } = count(without(lane));
  expect(status).toBe(1);
  expect(lines).toContain(`no test of the lane ${lane} ran: that is a failure`);
  expect(lines.at(-1)).toBe('4 passed, 0 failed');
});

test.each([
  ['a failed test', ['passed', 'failed'], '5 passed, 1 failed'],
  ['a skipped test', ['passed', 'pending'], '5 passed, 0 failed'],
  ['a test to be written', ['passed', 'todo'], '5 passed, 0 failed'],
  ['a file that can’t be run', [], '4 passed, 1 failed'],
])('%s fails the run', (_what, statuses, last) => {
  const { status, lines } = count([...without('cloud'), file('cloud', ...statuses)]);
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last });
});

test('no results at all fail the run', () => {
  const { status, lines } = count();
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: '0 passed, 0 failed' });
});

test('a file of a lane that nobody runs fails the run', () => {
  expect(count([...all, file('slow', 'passed')]).status).toBe(1);
});
