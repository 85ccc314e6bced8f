import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AwsError } from '../../src/errors.ts';
import { textReport } from '../../src/reporters/text.ts';
import { painter, plain } from '../../src/terminal/paint.ts';
import { unpainted, widthOf } from '../../src/text.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { anyCharacter, holds } from '../support/property.ts';
import {
  begin,
  boot,
  ended,
  expectGolden,
  FAILED,
  fold,
  fortyInThree,
  LOST,
  META,
  SILENT,
  START,
  SUCCEEDED,
} from './support.ts';

const MIXED = ended([SUCCEEDED, FAILED, SILENT, LOST], 5);
const LOCAL = { paint: plain, followUp: ['--local'] };

describe('the final report', () => {
  test('of one machine that succeeded: its verdict and what it said', () => {
    expectGolden('text-succeeded.txt', textReport(ended([SUCCEEDED]), META, { paint: plain, followUp: [] }));
  });

  test('of every outcome', () => {
    expectGolden('text-mixed.txt', textReport(MIXED, META, LOCAL));
  });

  test('in a window of 40 columns', () => {
    expectGolden('text-mixed-40.txt', textReport(MIXED, META, { ...LOCAL, columns: 40 }));
  });

  test('of machines that end with their cloud: no command that would find nothing', () => {
    const report = textReport(MIXED, META, {
      paint: plain,
      notes: ['The machines ended with this command.'],
    });
    expect(report).not.toContain('rolecall console');
    expect(report).toMatch(/\nThe machines ended with this command\.\n$/);
  });

  test('of more than 20 machines: those that succeeded are only counted', () => {
    const verdicts = Array.from(
      { length: 25 },
      (_, index): Verdict => (index % 5 === 4 ? FAILED : SUCCEEDED),
    );
    expectGolden('text-many.txt', textReport(ended(verdicts), META, LOCAL));
  });

  test.each([80, 40, undefined])('of forty machines with three troubles, at %s columns', (columns) => {
    expectGolden(
      `text-forty-${columns ?? 'pipe'}.txt`,
      textReport(fortyInThree(), META, { ...LOCAL, columns }),
    );
  });

  test('names few machines of a trouble, and of many the first', () => {
    const named = (count: number) =>
      textReport(ended(Array.from({ length: count }, () => SILENT)), META, LOCAL)
        .split('\n')
        .find((line) => line.startsWith('    i-')) ?? '';
    expect(named(10).split(', ')).toHaveLength(10);
    expect(named(11)).toMatch(/^ {4}(?:i-[0-9a-f]+, ){8}i-[0-9a-f]+ and 2 more$/);
  });

  test('of a launch where AWS gave nothing', () => {
    expectGolden('text-refused.txt', textReport(ended([], 2), META, LOCAL));
  });

  test('says each step that follows a refusal in a line of its own', () => {
    const error = new AwsError('no more', {
      code: 'VcpuLimitExceeded',
      hint: 'ask for more\nwith --launch-id x only 2',
    });
    const refused = { type: 'batch-refused', at: START + 300, batch: 1, missing: 2, error } as const;
    expect(textReport(fold([...begin(2), refused]), META, LOCAL)).toContain(
      '✖ 2 machines not launched: no more\n    → ask for more\n      with --launch-id x only 2\n',
    );
  });

  test('of an interrupted launch', () => {
    const report = textReport(fold([...begin(2), ...boot(0, SUCCEEDED)]), META, LOCAL);
    expect(report).toContain('? i-0abc0000000000001 no verdict yet');
  });

  test('says in words what it says in colour', () => {
    const coloured = textReport(MIXED, META, { ...LOCAL, paint: painter(true) });
    expect(coloured).not.toBe(unpainted(coloured));
    expect(unpainted(coloured)).toBe(textReport(MIXED, META, LOCAL));
  });

  test('never passes a machine’s control characters on', () => {
    holds(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        const evil = `\u001b]0;owned\u0007\u001b[2J\u202e${text}`;
        const verdict: Verdict = {
          outcome: 'failed',
          bootMs: 1,
          steps: [],
          failure: { step: 'init', status: 1, error: evil, excerpt: [evil] },
        };
        const report = textReport(ended([verdict]), META, LOCAL);
        expect(report.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test('breaks sentences within the window, whatever they say', () => {
    holds(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (words) => {
        const lost: Verdict = { outcome: 'lost', steps: [], reason: words.join(' '), excerpt: [] };
        const report = textReport(ended([lost]), META, { paint: plain, columns: 40 });
        const body = report.split('\n\n')[0] ?? '';
        for (const line of body.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(40);
      }),
    );
  });
});
