import type { Instance, Reservation } from '@aws-sdk/client-ec2';
import { isInstanceId, type Machine, type MachineState } from '../model.ts';
import { defined } from '../objects.ts';
import { UnintelligibleAnswer } from './failure.ts';

const STATES: ReadonlySet<string> = new Set<MachineState>([
  'pending',
  'running',
  'shutting-down',
  'terminated',
  'stopping',
  'stopped',
]);

const isState = (name: string | undefined): name is MachineState => name !== undefined && STATES.has(name);

/**
 * A Machine from EC2's description.
 * @throws UnintelligibleAnswer where it lacks an id or a state
 */
export function machineOf(instance: Instance): Machine {
  const { InstanceId, State, StateReason, PrivateIpAddress } = instance;
  if (InstanceId === undefined || !isInstanceId(InstanceId)) {
    throw new UnintelligibleAnswer(`EC2 described a machine with the id ${InstanceId}`);
  }
  if (!isState(State?.Name))
    throw new UnintelligibleAnswer(`EC2 described ${InstanceId} in state ${State?.Name}`);
  return defined({
    instanceId: InstanceId,
    state: State.Name,
    stateReason:
      StateReason?.Code === undefined
        ? undefined
        : { code: StateReason.Code, message: StateReason.Message ?? '' },
    zone: instance.Placement?.AvailabilityZone ?? '',
    subnetId: instance.SubnetId,
    instanceType: instance.InstanceType ?? '',
    // EC2 gives an empty one where a machine was launched without.
    clientToken: instance.ClientToken || undefined,
    imageId: instance.ImageId,
    launchIndex: instance.AmiLaunchIndex ?? 0,
    privateIp: PrivateIpAddress,
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
    tags: Object.fromEntries((instance.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
  });
}

/** All machines of a page of DescribeInstances. */
export const machinesOf = (reservations: readonly Reservation[] = []): Machine[] =>
  reservations.flatMap((reservation) => (reservation.Instances ?? []).map(machineOf));
