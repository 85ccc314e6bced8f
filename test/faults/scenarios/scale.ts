import {
  FLEET,
  JSON_OUTPUT,
  judgeFinal,
  judgeLaunched,
  judgeReport,
  judgeTags,
  truthOf,
  withoutKept,
} from './machines.ts';
import { must } from './prepare.ts';
import type { Scenario } from './scenario.ts';

const scaleTo = (size: number): readonly string[] => [
  ...['scale', ...FLEET, '--to', String(size), '--yes'],
  ...JSON_OUTPUT,
];

/** From no machine to `size`: a canary, then the rest in waves. */
const scaleOutTo = (size: number, name: string, more: readonly string[]): Scenario => ({
  name,
  prepare: async () => undefined,
  argv: (place) => [...scaleTo(size), '--launch-id', `${place.name}-scale`, ...more],
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    return [...judgeLaunched(ended, truth, size), ...judgeTags(ended, truth)];
  },
  judgeEnd: async (place, ended) => judgeFinal(ended, withoutKept(await truthOf(place)), size),
});

export const scaleOut = scaleOutTo(3, 'scale out', []);
export const scaleOutInWaves = scaleOutTo(9, 'scale out in waves', ['--wave', '3']);

/** From three machines to one. */
export const scaleIn: Scenario = {
  name: 'scale in',
  prepare: (place) => must(place, [...scaleTo(3), '--no-canary']),
  argv: () => scaleTo(1),
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    const wrong = judgeReport(ended, truth);
    const { length } = truth.there;
    if (length < 1) wrong.push('the whole fleet was ended');
    if (ended.code === 0 && length !== 1) wrong.push(`exit 0, but ${length} machines are there, not 1`);
    return wrong;
  },
  judgeEnd: async (place, ended) => judgeFinal(ended, await truthOf(place), 1),
};
