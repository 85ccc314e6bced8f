import { expect, test } from '@jest/globals';
import { textReport } from '../../src/reporters/text.ts';
import { launchDocument } from '../../src/results/document.ts';
import { advance, emptyView } from '../../src/results/state.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { META, machine, START } from './support.ts';

const notes = ['rebooted during init', 'rebooted since'];
const good: Verdict = { outcome: 'succeeded', bootMs: 9_000, steps: [], notes };
const bad: Verdict = {
  outcome: 'failed',
  bootMs: 9_000,
  steps: [],
  failure: { step: 'kernel', status: 1, error: 'Kernel panic - not syncing', excerpt: [] },
  notes,
};
const plain = new Proxy({}, { get: () => (text: string) => text }) as Parameters<
  typeof textReport
>[2]['paint'];

test.each([
  ['a success', good],
  ['a failure', bad],
  ['one without notes', { outcome: 'succeeded', bootMs: 9_000, steps: [] } as Verdict],
])('reboots are told beside the verdict: %s', (_, verdict) => {
  const one = machine(1);
  const seen = advance(emptyView(1), { type: 'machine', at: START, machine: one });
  const view = advance(seen, { type: 'verdict', at: START, machine: one, verdict });
  const [document] = launchDocument(view, META).machines;
  const told = 'notes' in verdict ? verdict.notes : undefined;
  expect(document?.notes).toEqual(told);
  expect(textReport(view, META, { paint: plain }).includes('rebooted during init, rebooted since')).toBe(
    told !== undefined,
  );
});
