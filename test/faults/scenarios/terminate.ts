import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { AMI } from '../../support/rehearsal.ts';
import type { Place } from '../place.ts';
import { FLEET, JSON_OUTPUT, judgeFinal, judgeReport, truthOf } from './machines.ts';
import { must } from './prepare.ts';
import type { Scenario } from './scenario.ts';

/** A machine of the catalogue that is none of the fleet's: nothing may happen to it. */
async function launchNeighbour({ cloud, name }: Place): Promise<void> {
  const tags = { catalogue: name, role: 'web', environment: 'prod', context: 'a' };
  const Tags = Object.entries(tags).map(([key, Value]) => ({ Key: `rolecall:${key}`, Value }));
  await cloud.ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: AMI, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
}

async function judgeNeighbour(place: Place): Promise<string[]> {
  const { there } = await truthOf(place, 'a');
  return there.length === 1 ? [] : ['a machine of another context was ended'];
}

/** All of a fleet of two. */
export const terminate: Scenario = {
  name: 'terminate',
  prepare: async (place) => {
    await must(place, ['scale', ...FLEET, '--to', '2', '--yes', '--no-canary', ...JSON_OUTPUT]);
    await launchNeighbour(place);
  },
  argv: () => ['terminate', '--fleet', ...FLEET, '--yes', ...JSON_OUTPUT],
  judge: async (place, ended) => {
    const truth = await truthOf(place);
    const wrong = [...judgeReport(ended, truth), ...(await judgeNeighbour(place))];
    const { length } = truth.there;
    if (ended.code === 0 && length > 0) wrong.push(`exit 0, but ${length} machines run`);
    return wrong;
  },
  judgeEnd: async (place, ended) => [
    ...judgeFinal(ended, await truthOf(place), 0),
    ...(await judgeNeighbour(place)),
  ],
};
