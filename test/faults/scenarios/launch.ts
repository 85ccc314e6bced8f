import type { Place } from '../place.ts';
import { documentOf } from './claims.ts';
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

const HANGING = 2;

/** Two machines, of which the second one hangs: it is silent, whatever else happens. */
export const launchHanging: Scenario = {
  name: 'launch, one hangs',
  hanging: true,
  prepare: async () => undefined,
  argv: ({ name }) => [
    ...['launch', ...FLEET, '--count', String(HANGING), '--launch-id', `${name}-launch`, '--timeout', '30s'],
    ...JSON_OUTPUT,
  ],
  judge: async (place, ended) => {
    const wrong = judgeLaunched(ended, await truthOf(place), HANGING);
    const succeeded = documentOf(ended)?.machines?.filter(({ verdict }) => verdict === 'succeeded') ?? [];
    if (ended.code === 0) wrong.push('exit 0, but a machine hangs');
    return succeeded.length < HANGING ? wrong : [...wrong, 'a machine that hangs is told to have succeeded'];
  },
  judgeEnd: async (place, ended) => {
    const { there } = await truthOf(place);
    const { code } = ended;
    return code === 5 && there.length === HANGING
      ? []
      : [`run again: exit ${code} with ${there.length} machines, not 5 with ${HANGING}`];
  },
};
