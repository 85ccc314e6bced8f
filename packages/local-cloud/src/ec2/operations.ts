import {
  describeInstanceAttribute,
  describeInstanceStatus,
  describeInstances,
  getConsoleOutput,
} from './instance-operations.ts';
import type { Operation } from './operation.ts';
import {
  describeAvailabilityZones,
  describeImages,
  describeInstanceTypes,
  describeRegions,
  describeSubnets,
} from './place-operations.ts';
import { rebootInstances, startInstances, stopInstances, terminateInstances } from './power-operations.ts';
import { runInstances } from './run-instances.ts';
import { createTags, describeTags } from './tag-operations.ts';

/** Every operation of the simulated EC2; any other name is refused as `InvalidAction`. SPEC.md tells of each. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['CreateTags', createTags],
  ['DescribeAvailabilityZones', describeAvailabilityZones],
  ['DescribeImages', describeImages],
  ['DescribeInstanceAttribute', describeInstanceAttribute],
  ['DescribeInstanceStatus', describeInstanceStatus],
  ['DescribeInstanceTypes', describeInstanceTypes],
  ['DescribeInstances', describeInstances],
  ['DescribeRegions', describeRegions],
  ['DescribeSubnets', describeSubnets],
  ['DescribeTags', describeTags],
  ['GetConsoleOutput', getConsoleOutput],
  ['RebootInstances', rebootInstances],
  ['RunInstances', runInstances],
  ['StartInstances', startInstances],
  ['StopInstances', stopInstances],
  ['TerminateInstances', terminateInstances],
]);
