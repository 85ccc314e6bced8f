import { describe, expect, test } from '@jest/globals';
import { replacementDocument, replacementText } from '../../src/report/replacement.ts';
import { member, NAME, NOON } from '../launch/fleet/machines.ts';

const OLD = [member(1, { stale: ['other settings'] }), member(2, { standing: 'failed', verdict: 'silent' })];
const REPLACEMENT = { old: OLD, kept: [member(3)] };

describe('what replace would do', () => {
  test.each([40, 80])('each machine that would go, in a window of %i columns', (columns) => {
    const lines = replacementText(NAME, REPLACEMENT, NOON, columns).trimEnd().split('\n');
    expect(lines[0]).toBe('web prod/b: 2 machines would be replaced, 1 would stay');
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^ {2}i-0abc0000000000001 .*stale/),
      expect.stringMatching(/^ {2}i-0abc0000000000002 .*silent/),
    ]);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('nothing', () => {
    expect(replacementText(NAME, { old: [], kept: OLD }, NOON, undefined)).toBe(
      'web prod/b: 0 machines would be replaced, 2 would stay\n',
    );
  });

  test('as data', () => {
    expect(replacementDocument(REPLACEMENT)).toMatchObject({
      replace: [
        { standing: 'proved', stale: ['other settings'] },
        { standing: 'failed', verdict: 'silent' },
      ],
      keep: [{ standing: 'proved', stale: [] }],
    });
  });
});
