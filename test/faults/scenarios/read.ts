import type { Place } from '../place.ts';
import { endOf } from '../place.ts';
import { documentOf } from './claims.ts';
import { FLEET, idOf, JSON_OUTPUT, judgeFinal, judgeLaunched, type Truth, truthOf } from './machines.ts';
import { must } from './prepare.ts';
import type { Scenario } from './scenario.ts';

const COUNT = 2;
const launchId = ({ name }: Place) => `${name}-watched`;

/** Launches two machines, and is killed when EC2 has answered: nobody has watched their boots. */
async function launchUnwatched(place: Place): Promise<void> {
  const { proxy } = place;
  const id = launchId(place);
  const running = place.start([
    'launch',
    ...FLEET,
    '--count',
    String(COUNT),
    '--launch-id',
    id,
    ...JSON_OUTPUT,
  ]);
  proxy.watcher = (operation, _, stage) => {
    if (operation === 'RunInstances' && stage === 'carried out') running.child.kill('SIGKILL');
  };
  await endOf(running);
  proxy.watcher = undefined;
}

/** The verdicts of a launch that nobody has watched. */
export const watch: Scenario = {
  name: 'watch',
  prepare: launchUnwatched,
  argv: (place) => ['watch', launchId(place), ...JSON_OUTPUT],
  judge: async (place, ended) => {
    // What no run was told of is the first run's, which was killed.
    const truth = await truthOf(place);
    return judgeLaunched(ended, truth, COUNT).filter((text) => !text.includes('nobody was told of'));
  },
  judgeEnd: async (place, ended) => judgeFinal(ended, await truthOf(place), COUNT),
};

const judgeStatus = (
  { there }: Truth,
  place: Place,
  code: number | null,
  told: readonly string[],
): string[] => {
  const isRight = told.length === there.length && there.every((machine) => told.includes(idOf(machine)));
  return code !== 0 || isRight
    ? []
    : [`${place.name}: tells ${told.length} machines, ${there.length} are there`];
};

const listed = (ended: Parameters<typeof documentOf>[0]): string[] =>
  (documentOf(ended)?.fleets ?? [])
    .flatMap(({ machines }) => machines)
    .filter(({ state }) => ['pending', 'running'].includes(state))
    .map(({ instance_id: id }) => id);

/** What the fleet's machines are. */
export const status: Scenario = {
  name: 'status',
  prepare: (place) => must(place, ['launch', ...FLEET, '--count', String(COUNT), ...JSON_OUTPUT]),
  argv: () => ['status', ...JSON_OUTPUT],
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    const wrong = judgeLaunched(ended, truth, COUNT).filter((text) => !text.includes('nobody was told of'));
    return [...wrong, ...judgeStatus(truth, place, ended.code, listed(ended))];
  },
  judgeEnd: async (place, ended) => {
    const truth = await truthOf(place);
    return [...judgeFinal(ended, truth, COUNT), ...judgeStatus(truth, place, ended.code, listed(ended))];
  },
};
