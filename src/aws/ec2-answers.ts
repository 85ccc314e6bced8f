import type {
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
  CreateTags: write(
    (_output, _input, heard) =>
      otherThan('CreateTags', heard) ??
      (/<return>\s*true\s*<\/return>/.test(heard.text) ? undefined : 'it does not say that the tags are set'),
  ),
  DescribeInstanceAttribute: read(
    (output: OfOne, input: OfOne, heard) =>
      otherThan('DescribeInstanceAttribute', heard) ?? unnamed(output, input),
  ),
  DescribeInstanceStatus: read(
    (output: StatusOutput, _input, heard) =>
      otherThan('DescribeInstanceStatus', heard) ??
      (output.InstanceStatuses === undefined ? 'it has no list of statuses' : undefined),
  ),
  DescribeInstances: read(
    (output: InstancesOutput, _input, heard) =>
      otherThan('DescribeInstances', heard) ??
      (output.Reservations === undefined ? 'it has no list of reservations' : undefined),
  ),
  GetConsoleOutput: read(
    (output: OfOne, input: OfOne, heard) => otherThan('GetConsoleOutput', heard) ?? unnamed(output, input),
  ),
  RunInstances: write(
    (output: RunOutput, _input, heard) =>
      otherThan('RunInstances', heard) ??
      (output.Instances?.length && output.Instances.every(({ InstanceId }) => InstanceId !== undefined)
        ? undefined
        : 'it names no machine'),
    { begins: true },
  ),
  StopInstances: write(
    (output: StopOutput, input: StopInput, heard) =>
      otherThan('StopInstances', heard) ?? differing(output.StoppingInstances, input.InstanceIds),
  ),
  TerminateInstances: write(
    (output: TerminateOutput, input: TerminateInput, heard) =>
      otherThan('TerminateInstances', heard) ?? differing(output.TerminatingInstances, input.InstanceIds),
  ),
};

/** What the text is, where it is no answer to this operation. */
function otherThan(operation: Ec2Operation, { text }: Heard): string | undefined {
  if (text.trim() === '') return 'it is empty';
  const isRoot = new RegExp(`^\\s*(?:<\\?xml[^>]*\\?>\\s*)?<${operation}Response[\\s>]`).test(text);
  return isRoot ? undefined : `it is no ${operation}Response`;
}

interface OfOne {
  readonly InstanceId?: string | undefined;
}

const unnamed = (output: OfOne, input: OfOne): string | undefined =>
  output.InstanceId === input.InstanceId ? undefined : `it does not name ${input.InstanceId}`;

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
