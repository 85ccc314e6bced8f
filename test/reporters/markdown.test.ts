import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { annotations, outputLines } from '../../src/reporters/github.ts';
import { markdownReport } from '../../src/reporters/markdown.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { holds } from '../support/property.ts';
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
  SUCCEEDED,
} from './support.ts';

const failing = (error: string, excerpt = [error]): Verdict => ({
  ...FAILED,
  failure: { ...FAILED.failure, error, excerpt },
});

describe('the summary in markdown', () => {
  test('of forty machines with three troubles', () => {
    expectGolden('summary-forty.md', markdownReport(fortyInThree(), META, 3));
  });

  test('of success', () => {
    expectGolden('summary-succeeded.md', markdownReport(ended([SUCCEEDED, SUCCEEDED]), META, 0));
  });

  test('of every outcome, with one machine that AWS did not give', () => {
    expectGolden('summary-mixed.md', markdownReport(ended([SUCCEEDED, FAILED, SILENT, LOST], 5), META, 3));
  });

  test('in brief: no consoles, no table', () => {
    const brief = markdownReport(fortyInThree(), META, 3, 'brief');
    expect(brief).toContain('**35 of 40 failed at module rabbitmq (status 100)**');
    expect(brief).not.toMatch(/<details>|^\|/m);
  });

  test('a machine’s words end no code block and begin no tag', () => {
    holds(
      fc.property(
        fc.array(fc.constantFrom('`', '```', '\n', '<img src=x>', '</details>', 'a', '|', '@you')),
        (parts) => {
          const said = parts.join('');
          const text = markdownReport(ended([failing(said)]), META, 3);
          const lines = text.split('\n');
          const from = lines.findIndex((line) => /^`{3,}text$/.test(line));
          const fence = lines[from]?.replace('text', '');
          // The block ends at the first line that is its fence: nothing of the machine's is a longer one.
          const to = lines.findIndex((line, index) => index > from && line === fence);
          expect(lines.slice(to + 1, to + 3)).toEqual(['', '</details>']);
          expect(lines.slice(from + 1, to).every((line) => !line.startsWith(fence ?? ''))).toBe(true);
        },
      ),
    );
  });

  test('long lines and many machines keep it small', () => {
    const many = ended(
      Array.from({ length: 400 }, (_, index) => failing(`${'xy'.repeat(index)} ${'z'.repeat(60_000)}`)),
    );
    expect(Buffer.byteLength(markdownReport(many, META, 3))).toBeLessThan(200_000);
  });
});

describe('annotations for GitHub', () => {
  test('are one for each trouble', () => {
    expect(annotations(fortyInThree(), META).split('\n')).toEqual([
      '::error title=memcached prod/b%3A 35 of 40 failed at module rabbitmq (status 100)::E: Unable to locate package rabbitmq-server (asked 10.0.0.0:3142 for 2 s)',
      '::error title=memcached prod/b%3A 3 of 40 never booted::still pending after 600 s',
      '::error title=memcached prod/b%3A 2 of 40 lost::Server.SpotInstanceTermination: Spot took the machine back',
      '',
    ]);
  });

  test('tell of machines that AWS did not give', () => {
    expect(annotations(ended([SUCCEEDED], 3), META)).toBe(
      '::error title=memcached prod/b%3A 2 machines not launched::eu-west-1b has no capacity for t3.micro now\n',
    );
  });

  test('are none for success, and ten at most', () => {
    expect(annotations(ended([SUCCEEDED]), META)).toBe('');
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
    const lines = annotations(ended(words.map((word) => failing(word))), META)
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe(
      '::error title=memcached prod/b::2 other troubles: see the summary of this job',
    );
    expect(
      annotations(ended(words.slice(1).map((word) => failing(word))), META)
        .trimEnd()
        .split('\n'),
    ).toHaveLength(10);
  });
});

test('the outputs of a step: id, exit code and counts, those without a verdict as silent', () => {
  const view = fold([...begin(4, 3), ...boot(0, SUCCEEDED), ...boot(1, FAILED)]);
  expect(outputLines(view, META, 3).split('\n')).toEqual([
    `launch-id=${META.id}`,
    'exit-code=3',
    'requested=4',
    'succeeded=1',
    'failed=1',
    'silent=1',
    'lost=0',
    'not-launched=1',
    'over-budget=0',
    '',
  ]);
});
