import { items } from './answer.ts';
import { noRoomHere } from './capacity.ts';
import { stateXml } from './describe.ts';
import { Ec2Error } from './ec2-error.ts';
import type { Instance } from './instance.ts';
import { idOf, named, neededIds } from './instance-operations.ts';
import { isSpent, isUp } from './lifecycle.ts';
import type { Call, Operation } from './operation.ts';
import { flag } from './params.ts';
import { takeMachineTokens } from './resource-bucket.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html */
export const terminateInstances: Operation = {
  params: ['DryRun', 'Force', 'InstanceId', 'SkipOsShutdown'],
  // All ids are looked up before any machine is touched: one bad id terminates none.
  run: (call) => end(call, named(call, neededIds(call)), 'terminate'),
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html */
export const stopInstances: Operation = {
  params: ['DryRun', 'Force', 'InstanceId', 'SkipOsShutdown'],
  run: (call) => {
    const machines = named(call, neededIds(call));
    const gone = machines.find(({ life }) => isSpent(life));
    if (gone !== undefined) throw wrongState(gone, 'stopped');
    const spot = machines.find(({ spec }) => spec.spot);
    if (spot !== undefined)
      throw new Ec2Error(
        'UnsupportedOperation',
        `You can't stop the Spot Instance '${idOf(spot)}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
      );
    return end(call, machines, 'stop');
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html */
export const startInstances: Operation = {
  params: ['AdditionalInfo', 'DryRun', 'InstanceId'],
  run: (call) => {
    const { machines } = call.world;
    const chosen = named(call, neededIds(call));
    requireDisks(call, 'StartInstances', 'started again');
    const odd = chosen.find(({ life }) => life.state !== 'stopped' && !isUp(life));
    if (odd !== undefined) throw wrongState(odd, 'started');
    const stopped = chosen.filter(({ life }) => life.state === 'stopped');
    const [first] = stopped;
    if (first !== undefined && machines.room.free < stopped.length)
      throw noRoomHere(first.spec.instanceType, machines.room);
    takeMachineTokens(call, 'StartInstances', chosen.length);
    return changed(chosen, (machine) => machines.restart(machine));
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html */
export const rebootInstances: Operation = {
  params: ['DryRun', 'InstanceId'],
  run: (call) => {
    const chosen = named(call, neededIds(call));
    requireDisks(call, 'RebootInstances', 'rebooted');
    const odd = chosen.find(({ life }) => life.state !== 'running');
    if (odd !== undefined) throw wrongState(odd, 'rebooted');
    for (const machine of chosen) call.world.machines.reboot(machine);
    return { return: 'true' };
  },
};

function end(call: Call, machines: readonly Instance[], kind: 'terminate' | 'stop') {
  const { params, world } = call;
  takeMachineTokens(call, kind === 'stop' ? 'StopInstances' : 'TerminateInstances', machines.length);
  const atOnce = flag(params, 'Force') === true || flag(params, 'SkipOsShutdown') === true;
  return changed(machines, (machine) => world.machines.end(machine, kind, atOnce));
}

/** Changes machines one by one. @returns their states before and after, as EC2 answers */
function changed(machines: readonly Instance[], change: (machine: Instance) => void) {
  const changes = machines.map((machine) => {
    const before = stateXml(machine.life);
    change(machine);
    return { instanceId: idOf(machine), currentState: stateXml(machine.life), previousState: before };
  });
  return { instancesSet: items(changes) };
}

const wrongState = (machine: Instance, what: string): Ec2Error =>
  new Ec2Error(
    'IncorrectInstanceState',
    `This instance '${idOf(machine)}' is not in a state from which it can be ${what}.`,
  );

/** @throws Ec2Error UnsupportedOperation where the cloud's machines have no disk that outlives them */
function requireDisks({ world }: Call, operation: string, what: string): void {
  if (world.machines.keepDisks) return;
  throw new Ec2Error(
    'UnsupportedOperation',
    `${operation}: machines of this local cloud have no disk of their own, so they can't be ${what}. Virtual machines can: rolecall local up --boxes vm`,
  );
}
