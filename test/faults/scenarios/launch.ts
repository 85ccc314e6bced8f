import type { Place } from '../place.ts';
import { FLEET, JSON_OUTPUT, judgeFinal, judgeLaunched, judgeTags, tells, truthOf } from './machines.ts';
import type { Scenario } from './scenario.ts';

const COUNT = 3;

const argv = ({ name }: Place) => [
  ...['launch', ...FLEET, '--count', String(COUNT), '--launch-id', `${name}-launch`],
  ...JSON_OUTPUT,
];

export const launch: Scenario = {
  name: 'launch',
  prepare: async () => undefined,
  argv,
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    return [...judgeLaunched(ended, truth, COUNT), ...judgeTags(ended, truth)];
  },
  judgeEnd: async (place, ended) => {
    const truth = await truthOf(place);
    const orphans = truth.there.filter((machine) => !tells(ended, machine));
    return [
      ...judgeFinal(ended, truth, COUNT),
      ...(truth.gone.length > 0 ? ['run again: machines were ended'] : []),
      ...(orphans.length > 0 ? [`run again: ${orphans.length} machines run that nobody was told of`] : []),
    ];
  },
};
