import { limitExceeded } from './ec2-error.ts';
import type { Call } from './operation.ts';

/**
 * Takes a token a machine from EC2's resource bucket of an operation, where the cloud has buckets.
 * @throws Ec2Error RequestLimitExceeded, and takes none, where there are fewer
 */
export function takeMachineTokens(
  { region, world }: Pick<Call, 'region' | 'world'>,
  operation: string,
  count: number,
): void {
  if (world.faults.throttling === undefined) return;
  if (!world.buckets.takeMachines(region, operation, count)) throw limitExceeded();
}
