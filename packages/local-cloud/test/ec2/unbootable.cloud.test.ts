import { DescribeInstancesCommand, GetConsoleOutputCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import { AMI, testCloud, until } from '../../../../test/support/local-cloud.ts';

test('a box that can’t be made ends its machine; the console says why', async () => {
  await using cloud = await testCloud({
    settings: { pendingMs: 200, endingMs: 1 },
    driver: { kind: 'scripted', limits: [], boot: () => Promise.reject(new Error('no room for a root')) },
  });
  const run = new RunInstancesCommand({ ImageId: AMI, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 });
  const id = (await cloud.ec2.send(run)).Instances?.[0]?.InstanceId ?? 'none';
  const machine = await until('the machine is terminated', async () => {
    const answer = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const found = answer.Reservations?.[0]?.Instances?.[0];
    return found?.State?.Name === 'terminated' && found;
  });
  expect(machine.StateReason?.Code).toBe('Server.InternalError');
  const { Output = '' } = await cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
  expect(Buffer.from(Output, 'base64').toString()).toContain('the box could not be made: no room for a root');
});
