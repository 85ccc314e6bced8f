import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../src/model.ts';
import { jsonReport } from '../../src/reporters/json.ts';
import { exitCodeOf, launchDocument } from '../../src/results/document.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import {
  begin,
  boot,
  ended,
  expectGolden,
  FAILED,
  fold,
  LOST,
  META,
  SILENT,
  SUCCEEDED,
} from '../reporters/support.ts';
import { holds } from '../support/property.ts';

const VERDICTS: Record<Outcome, Verdict> = {
  succeeded: SUCCEEDED,
  failed: FAILED,
  silent: SILENT,
  lost: LOST,
};

describe('the exit code', () => {
  test.each([
    { name: 'all succeeded', verdicts: [SUCCEEDED, SUCCEEDED], requested: 2, exit: 0 },
    { name: 'one failed', verdicts: [SUCCEEDED, FAILED], requested: 2, exit: 3 },
    { name: 'one lost', verdicts: [SUCCEEDED, LOST], requested: 2, exit: 3 },
    { name: 'fewer launched', verdicts: [SUCCEEDED], requested: 2, exit: 4 },
    { name: 'none launched', verdicts: [], requested: 2, exit: 4 },
    { name: 'one silent', verdicts: [SUCCEEDED, SILENT], requested: 2, exit: 5 },
    { name: 'failed beats fewer', verdicts: [FAILED], requested: 2, exit: 3 },
    { name: 'fewer beats silent', verdicts: [SILENT], requested: 2, exit: 4 },
  ])('$name: $exit', ({ verdicts, requested, exit }) => {
    expect(exitCodeOf(ended(verdicts, requested))).toBe(exit);
  });

  test('a machine without a verdict is no success', () => {
    expect(exitCodeOf(fold(begin(1)))).toBe(5);
  });

  test('is 0 only when every machine asked for has succeeded', () => {
    const outcomes = fc.array(fc.constantFrom(...(Object.keys(VERDICTS) as Outcome[])), { maxLength: 8 });
    holds(
      fc.property(outcomes, fc.nat(3), (list, missing) => {
        const view = ended(
          list.map((outcome) => VERDICTS[outcome]),
          list.length + missing,
        );
        const good = missing === 0 && list.every((outcome) => outcome === 'succeeded');
        expect(exitCodeOf(view) === 0).toBe(good);
        expect(exitCodeOf(view) === 3).toBe(list.includes('failed') || list.includes('lost'));
      }),
    );
  });
});

describe('the document', () => {
  test('of every outcome at once', () => {
    const view = ended([SUCCEEDED, FAILED, SILENT, LOST], 5);
    expectGolden('document.json', jsonReport(launchDocument(view, META)));
  });

  test('of an interrupted launch: what has no verdict is silent, and the code is the process’s', () => {
    const view = fold([...begin(2), ...boot(0, SUCCEEDED)]);
    const document = launchDocument(view, META, 130);
    expect(document.exit_code).toBe(130);
    expect(document.summary).toEqual({ requested: 2, succeeded: 1, failed: 0, silent: 1, lost: 0 });
    expect(document.machines[1]).toMatchObject({
      verdict: 'silent',
      boot_ms: null,
      failure: { reason: 'watching ended before its verdict' },
    });
  });
});
