import { FLEET, JSON_OUTPUT, judgeFinal, judgeReport, truthOf, withoutKept } from './machines.ts';
import { must } from './prepare.ts';
import type { Scenario } from './scenario.ts';

const SIZE = 2;
const NEW_TYPE = 't3.small';

/** Two machines of another type than the catalogue has now. */
export const replace: Scenario = {
  name: 'replace',
  prepare: async (place) => {
    await must(place, ['scale', ...FLEET, '--to', String(SIZE), '--yes', '--no-canary', ...JSON_OUTPUT]);
    place.catalogue(NEW_TYPE);
  },
  argv: ({ name }) => ['replace', ...FLEET, '--yes', '--launch-id', `${name}-replace`, ...JSON_OUTPUT],
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    const wrong = judgeReport(ended, truth);
    const { there, gone } = withoutKept(truth);
    const fresh = there.filter(({ InstanceType }) => InstanceType === NEW_TYPE).length;
    if (there.length < SIZE) wrong.push(`${there.length} machines are left of ${SIZE}`);
    if (fresh > SIZE) wrong.push(`${fresh} new machines for ${SIZE} old ones`);
    if (gone.length > fresh) wrong.push(`${gone.length} old machines were ended for ${fresh} new ones`);
    if (gone.some(({ InstanceType }) => InstanceType === NEW_TYPE)) wrong.push('a new machine was ended');
    if (ended.code === 0 && (there.length !== SIZE || fresh !== SIZE))
      wrong.push(`exit 0, but ${fresh} of ${there.length} machines are new`);
    return wrong;
  },
  judgeEnd: async (place, ended) => {
    const truth = withoutKept(await truthOf(place));
    const fresh = truth.there.filter(({ InstanceType }) => InstanceType === NEW_TYPE).length;
    const wrong = judgeFinal(ended, truth, SIZE);
    return fresh === SIZE ? wrong : [...wrong, `run again: ${fresh} new machines, not ${SIZE}`];
  },
};
