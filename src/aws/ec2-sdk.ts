/**
 * The parts of the SDK that rolecall uses, by name, so that the bundler can leave out the other 700 operations.
 * Only ec2.ts imports this file, and only when the first request is due: it costs a quarter of a second.
 */
export {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
