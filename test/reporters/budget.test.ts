import { describe, expect, test } from '@jest/globals';
import { annotations, outputLines } from '../../src/reporters/github.ts';
import { junitReport } from '../../src/reporters/junit.ts';
import { markdownReport } from '../../src/reporters/markdown.ts';
import { textReport } from '../../src/reporters/text.ts';
import { launchDocument } from '../../src/results/document.ts';
import { painter } from '../../src/terminal/paint.ts';
import { heldToBudget } from '../../src/watch/budget.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { ended, FAILED, instanceId, META, SUCCEEDED } from './support.ts';

const MS = 60_000;
const LAUNCH = { ...META, boot_budget_ms: MS };
const took = (bootMs: number, strict = false): Verdict =>
  heldToBudget({ ...SUCCEEDED, bootMs }, { ms: MS, strict });
const text = (verdicts: readonly Verdict[], columns?: number) =>
  textReport(ended(verdicts), LAUNCH, { paint: painter(false), columns });

describe('machines over their boot budget', () => {
  test('of a few machines each one’s line says so, and the summary', () => {
    expect(text([took(2000), took(74_000), FAILED])).toContain(
      `✔ ${instanceId(1)} succeeded in 1 min 14 s: over the boot_budget of 60 s by 14 s\n`,
    );
    expect(text([took(2000), took(74_000)])).toContain(
      'memcached prod/b: 2 of 2 succeeded, 1 over boot_budget (launch',
    );
  });

  test('of many machines one line says how many, and which was the slowest', () => {
    const many = [...Array.from({ length: 38 }, () => took(2000)), took(61_000), took(74_000)];
    expect(text(many)).toContain(
      `! 2 of 40 machines over the boot_budget of 60 s: the slowest, ${instanceId(39)}, took 74 s\n`,
    );
    expect(
      text(many, 40)
        .split('\n')
        .every((line) => line.length <= 40),
    ).toBe(true);
    expect(text(many.slice(0, 38))).not.toContain('budget');
  });

  test('JSON: each machine, and how many; the exit code stays', () => {
    const document = launchDocument(ended([took(2000), took(74_000)]), LAUNCH);
    expect(document.machines[0]).not.toHaveProperty('over_budget');
    expect(document.machines[1]).toMatchObject({
      verdict: 'succeeded',
      boot_ms: 74_000,
      over_budget: true,
      notes: ['over the boot_budget of 60 s by 14 s'],
    });
    expect(document.summary).toEqual({
      requested: 2,
      succeeded: 2,
      failed: 0,
      silent: 0,
      lost: 0,
      over_budget: 1,
    });
    expect(document).toMatchObject({ exit_code: 0, launch: { boot_budget_ms: 60_000 } });
    expect(launchDocument(ended([SUCCEEDED]), META).summary).not.toHaveProperty('over_budget');
  });

  test('with --strict-budget they have failed, together', () => {
    const document = launchDocument(
      ended([took(74_000, true), took(81_000, true), took(2000, true)]),
      LAUNCH,
    );
    expect(document).toMatchObject({
      exit_code: 3,
      summary: { succeeded: 1, failed: 2, over_budget: 2 },
      clusters: [
        { outcome: 'failed', step: 'boot_budget', count: 2, reason: 'booted in 74 s; boot_budget is 60 s' },
      ],
    });
    expect(text([took(74_000, true)])).toContain('failed at boot_budget');
    expect(text([took(74_000, true)])).toContain('booted in 74 s; boot_budget is 60 s');
    expect(text([took(74_000, true)])).not.toContain('over boot_budget');
  });

  test('JUnit passes them, with a word', () => {
    const xml = junitReport(ended([took(74_000)]), LAUNCH);
    expect(xml).toContain('failures="0" errors="0"');
    expect(xml).toContain('warning: over the boot_budget of 60 s by 14 s');
    expect(xml).toContain('name="rolecall.boot_budget_ms" value="60000"');
  });

  test('GitHub gets a warning and an output, the summary a line and a sign', () => {
    const view = ended([took(2000), took(74_000)]);
    expect(annotations(view, LAUNCH)).toBe(
      `::warning title=memcached prod/b%3A over boot_budget::1 of 2 machines over the boot_budget of 60 s: ${instanceId(1)} took 74 s\n`,
    );
    expect(outputLines(view, LAUNCH, 0)).toContain('over-budget=1\n');
    const markdown = markdownReport(view, LAUNCH, 0);
    expect(markdown).toContain('⚠️ 1 of 2 machines over the boot');
    expect(markdown).toContain('| 1 min 14 s ⚠️ |');
    expect(markdownReport(ended([took(2000)]), LAUNCH, 0)).not.toContain('⚠️');
  });
});
