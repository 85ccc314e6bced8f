import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type EC2Client,
  EC2ServiceException,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { AMI, until } from './local-cloud.ts';

/** A RunInstances request that the local cloud accepts. */
export const REQUEST: RunInstancesCommandInput = {
  ImageId: AMI,
  InstanceType: 't3.micro',
  MinCount: 1,
  MaxCount: 1,
};

/** Launches; one machine unless told otherwise. */
export const run = async (
  ec2: EC2Client,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<Instance[]> => (await ec2.send(new RunInstancesCommand({ ...REQUEST, ...more }))).Instances ?? [];

/** One page of DescribeInstances, flat. */
export const describeAll = async (
  ec2: EC2Client,
  input: DescribeInstancesCommandInput = {},
): Promise<Instance[]> =>
  ((await ec2.send(new DescribeInstancesCommand(input))).Reservations ?? []).flatMap(
    (r) => r.Instances ?? [],
  );

export const idOf = ({ InstanceId }: Instance): string => InstanceId ?? 'no id';
export const idsOf = (machines: readonly Instance[]): string[] => machines.map(idOf);

/** The id of one new machine. */
export const runOne = async (ec2: EC2Client, more: Partial<RunInstancesCommandInput> = {}): Promise<string> =>
  (await run(ec2, more)).map(idOf)[0] ?? 'no machine';

/** Waits until a machine has reached a state. */
export const inState = (ec2: EC2Client, id: string, state: string): Promise<Instance> =>
  until(`${id} is ${state}`, async () =>
    (await describeAll(ec2, { InstanceIds: [id] })).find((machine) => machine.State?.Name === state),
  );

/** What EC2 said when it refused: `CODE (STATUS): MESSAGE`. */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'no refusal';
  } catch (error) {
    if (!(error instanceof EC2ServiceException)) throw error;
    return `${error.name} (${error.$metadata.httpStatusCode}): ${error.message}`;
  }
}
