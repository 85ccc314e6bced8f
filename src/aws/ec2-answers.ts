import type {
  DescribeInstanceAttributeCommandInput as AttributeInput,
  DescribeInstanceAttributeCommandOutput as AttributeOutput,
  GetConsoleOutputCommandInput as ConsoleInput,
  GetConsoleOutputCommandOutput as ConsoleOutput,
  InstanceStateChange,
  DescribeInstancesCommandOutput as InstancesOutput,
  RunInstancesCommandOutput as RunOutput,
  DescribeInstanceStatusCommandOutput as StatusOutput,
  StopInstancesCommandInput as StopInput,
  StopInstancesCommandOutput as StopOutput,
  TerminateInstancesCommandInput as TerminateInput,
  TerminateInstancesCommandOutput as TerminateOutput,
} from '@aws-sdk/client-ec2';
import { type Answers, read, write } from './answers.ts';
import type { Heard } from './wire.ts';

export type Ec2Operation =
  | 'CreateTags'
  | 'DescribeInstanceAttribute'
  | 'DescribeInstanceStatus'
  | 'DescribeInstances'
  | 'GetConsoleOutput'
  | 'RunInstances'
  | 'StopInstances'
  | 'TerminateInstances';

/**
 * EC2's answers: an element named after the operation, and in it what the operation is about.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#query-response-structure
 */
export const EC2_ANSWERS: Answers<Ec2Operation> = {
  CreateTags: write((_output, _input, heard) =>
    isRoot('CreateTags', heard) && /<return>\s*true\s*<\/return>/.test(heard.text)
      ? undefined
      : 'it does not say that the tags are set',
  ),
  DescribeInstanceAttribute: read((output: AttributeOutput, input: AttributeInput, heard) =>
    isRoot('DescribeInstanceAttribute', heard) && output.InstanceId === input.InstanceId
      ? undefined
      : `it does not name ${input.InstanceId}`,
  ),
  DescribeInstanceStatus: read((output: StatusOutput, _input, heard) =>
    isRoot('DescribeInstanceStatus', heard) && output.InstanceStatuses !== undefined
      ? undefined
      : 'it has no list of statuses',
  ),
  DescribeInstances: read((output: InstancesOutput, _input, heard) =>
    isRoot('DescribeInstances', heard) && output.Reservations !== undefined
      ? undefined
      : 'it has no list of reservations',
  ),
  GetConsoleOutput: read((output: ConsoleOutput, input: ConsoleInput, heard) =>
    isRoot('GetConsoleOutput', heard) && output.InstanceId === input.InstanceId
      ? undefined
      : `it does not name ${input.InstanceId}`,
  ),
  RunInstances: write(
    (output: RunOutput, _input, heard) =>
      isRoot('RunInstances', heard) &&
      output.Instances?.length &&
      output.Instances.every(({ InstanceId }) => InstanceId !== undefined)
        ? undefined
        : 'it names no machine',
    { begins: true },
  ),
  StopInstances: write((output: StopOutput, input: StopInput, heard) =>
    isRoot('StopInstances', heard) ? differing(output.StoppingInstances, input.InstanceIds) : 'it is none',
  ),
  TerminateInstances: write((output: TerminateOutput, input: TerminateInput, heard) =>
    isRoot('TerminateInstances', heard)
      ? differing(output.TerminatingInstances, input.InstanceIds)
      : 'it is none',
  ),
};

const isRoot = (operation: Ec2Operation, { text }: Heard): boolean =>
  new RegExp(`^\\s*(?:<\\?xml[^>]*\\?>\\s*)?<${operation}Response[\\s>]`).test(text);

/** Whether the answer tells a new state of exactly these machines. */
function differing(
  changes: readonly InstanceStateChange[] = [],
  ids: readonly string[] = [],
): string | undefined {
  const told = new Set(changes.map(({ InstanceId }) => InstanceId));
  const stateless = changes.find(({ CurrentState }) => CurrentState?.Name === undefined);
  if (stateless !== undefined) return `it tells no state of ${stateless.InstanceId}`;
  const missing = ids.filter((id) => !told.has(id));
  if (missing.length > 0) return `it does not name ${missing.slice(0, 3).join(', ')}`;
  return told.size === new Set(ids).size ? undefined : 'it names other machines';
}
