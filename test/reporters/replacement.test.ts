import { describe, expect, test } from '@jest/globals';
import type { Replacement } from '../../src/fleet/replacement.ts';
import { replacementDocument, replacementText } from '../../src/reporters/replacement.ts';
import { member, NAME, NOON } from '../fleet/machines.ts';

const OLD = [member(1, { stale: ['other settings'] }), member(2, { standing: 'failed', verdict: 'silent' })];
const REPLACEMENT: Replacement = {
  ...{ old: OLD, kept: [member(3)], beyond: [], size: 3, count: 2, arrived: [] },
  begun: { count: 2, old: [], launches: [] },
};
const planned = (more: Partial<Replacement> = {}, allowShrink = false) => ({
  ...{ ...NAME, replacement: { ...REPLACEMENT, ...more }, allowShrink, unjudged: 0, open: 0 },
});

describe('what replace would do', () => {
  test.each([40, 80])('each machine that would go, in a window of %i columns', (columns) => {
    const lines = replacementText(planned(), NOON, columns).trimEnd().split('\n');
    expect(lines).toEqual([
      'web prod/b: 2 machines would be replaced, 1 would stay',
      expect.stringMatching(/^ {2}i-0abc0000000000001 .*stale/),
      expect.stringMatching(/^ {2}i-0abc0000000000002 .*silent/),
      '2 machines would be launched; an old one goes only after a new one has proved its boot',
      'the fleet would have 3 proved machines',
    ]);
    for (const line of lines.slice(1, 3)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('nothing', () => {
    expect(replacementText(planned({ old: [], kept: OLD, count: 0 }), NOON, undefined)).toBe(
      'web prod/b: 0 machines would be replaced, 2 would stay\n',
    );
  });

  test('what no new machine replaces: left alone, or ended where the fleet may shrink', () => {
    const beyond = [member(4, { standing: 'failed', verdict: 'failed' })];
    const left = replacementText(planned({ beyond }), NOON, undefined);
    expect(left).toMatch(
      /1 machine beyond the fleet's size would be left alone \(--allow-shrink ends it\):\n {2}i-0abc0000000000004/,
    );
    const ended = replacementText(planned({ beyond }, true), NOON, undefined);
    expect(ended).toContain("1 machine beyond the fleet's size would be ended without a new one");
    expect(replacementDocument(planned({ beyond }))).toMatchObject({ leave: [{}], end: [] });
    expect(replacementDocument(planned({ beyond }, true))).toMatchObject({ leave: [], end: [{}] });
  });

  test('what is found out first', () => {
    const text = replacementText({ ...planned(), unjudged: 2, open: 1 }, NOON, undefined);
    expect(text).toContain('2 machines without a verdict would be judged first\n');
    expect(text).toContain('1 that an earlier run left open would be settled first\n');
  });

  test('as data', () => {
    expect(replacementDocument(planned())).toMatchObject({
      ...{ target: 3, launch: 2, unjudged: 0, open: 0 },
      replace: [
        { standing: 'proved', stale: ['other settings'] },
        { standing: 'failed', verdict: 'silent' },
      ],
      keep: [{ standing: 'proved', stale: [] }],
    });
  });
});
