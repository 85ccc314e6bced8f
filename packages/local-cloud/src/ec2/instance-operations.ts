import { strikes } from '../faults.ts';
import { INSTANCE_TYPES } from '../instance-types.ts';
import { items, time } from './answer.ts';
import { reservations, stateXml } from './describe.ts';
import { Ec2Error, invalidValue } from './ec2-error.ts';
import { filterInstances, parseFilters } from './filters.ts';
import type { Instance } from './instance.ts';
import type { Call, Operation } from './operation.ts';
import { pageOf } from './page.ts';
import { flag, needText, text, texts } from './params.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
export const describeInstances: Operation = {
  params: ['DryRun', 'Filter', 'InstanceId', 'MaxResults', 'NextToken'],
  run: (call) => {
    const chosen = filterInstances(selected(call), parseFilters(call.params));
    const { things, nextToken } = pageOf(chosen, orderOf, call.params);
    return { reservationSet: reservations(things), nextToken };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html */
export const describeInstanceStatus: Operation = {
  params: ['DryRun', 'Filter', 'IncludeAllInstances', 'InstanceId', 'MaxResults', 'NextToken'],
  run: (call) => {
    const all = flag(call.params, 'IncludeAllInstances') ?? false;
    const chosen = filterInstances(selected(call), parseFilters(call.params));
    const shown = chosen.filter(({ life }) => all || life.state === 'running');
    const { things, nextToken } = pageOf(shown, orderOf, call.params);
    return { instanceStatusSet: items(things.map((machine) => statusXml(machine, call))), nextToken };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html */
export const getConsoleOutput: Operation = {
  params: ['DryRun', 'InstanceId', 'Latest'],
  run: (call) => {
    const machine = one(call);
    const now = call.world.clock.now();
    const latest = flag(call.params, 'Latest') ?? false;
    if (latest && INSTANCE_TYPES.get(machine.spec.instanceType)?.nitro !== true)
      throw new Ec2Error(
        'UnsupportedOperation',
        'This instance type does not support retrieving the latest console logs',
      );
    const shown = latest ? { bytes: machine.console.snapshot(), at: now } : machine.posted;
    const output = shown !== undefined && shown.bytes.length > 0 ? shown.bytes.toString('base64') : undefined;
    return { instanceId: idOf(machine), timestamp: time(shown?.at ?? now), output };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html */
export const describeInstanceAttribute: Operation = {
  params: ['Attribute', 'DryRun', 'InstanceId'],
  run: (call) => {
    const { spec } = one(call);
    const attribute = needText(call.params, 'Attribute');
    const values: Record<string, string | undefined> = {
      userData: spec.userData?.toString('base64'),
      instanceType: spec.instanceType,
      instanceInitiatedShutdownBehavior: spec.shutdownBehaviour,
    };
    if (!Object.hasOwn(values, attribute))
      throw invalidValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    const value = values[attribute];
    return { instanceId: spec.id, [attribute]: value === undefined ? '' : { value } };
  },
};

/** A machine's instance id. */
export const idOf = ({ spec }: Instance): string => spec.id;

/** Sorts as text by launch, and within a launch by index. */
const orderOf = ({ spec }: Instance): string =>
  `${String(spec.launchedAt).padStart(15, '0')} ${spec.reservationId} ${String(spec.launchIndex).padStart(4, '0')}`;

/** The machines that a Describe is about: those with the given ids, or all of the region. */
function selected(call: Call): Instance[] {
  const ids = texts(call.params, 'InstanceId');
  if (ids.length === 0) return visible(call);
  if (text(call.params, 'MaxResults') !== undefined)
    throw new Ec2Error(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  return named(call, ids);
}

/** The machines of the call's region that it can see. */
const visible = ({ world, region }: Call): Instance[] =>
  world.machines
    .list()
    .filter((machine) => machine.spec.region === region && !world.machines.isHidden(machine));

/** The machines with these ids, each once. @throws Ec2Error InvalidInstanceID.Malformed, InvalidInstanceID.NotFound */
export function named(call: Call, ids: readonly string[]): Instance[] {
  const odd = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (odd !== undefined) throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${odd}"`);
  const { machines } = call.world;
  const known = new Map<string, Instance>();
  for (const id of ids) {
    const machine = machines.get(id);
    if (machine?.spec.region === call.region && !machines.isHidden(machine)) known.set(id, machine);
  }
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 1)
    throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID '${missing[0]}' does not exist`);
  if (missing.length > 1)
    throw new Ec2Error('InvalidInstanceID.NotFound', `The instance IDs '${missing.join(', ')}' do not exist`);
  return [...known.values()];
}

/** @throws Ec2Error InvalidParameterValue for more than EC2 takes in one request */
export function checkCount(ids: readonly string[], name: string): void {
  if (ids.length > MAX_IDS)
    throw invalidValue(`The parameter ${name} has ${ids.length} members; ${MAX_IDS} are allowed`);
}

const MAX_IDS = 1000;

/** The ids of a request that needs some. @throws Ec2Error MissingParameter, InvalidParameterValue */
export function neededIds(call: Call): string[] {
  const ids = texts(call.params, 'InstanceId');
  if (ids.length === 0)
    throw new Ec2Error('MissingParameter', 'The request must contain the parameter InstanceId');
  checkCount(ids, 'InstanceId');
  return ids;
}

function one(call: Call): Instance {
  const [machine] = named(call, [needText(call.params, 'InstanceId')]);
  if (machine === undefined) throw new Ec2Error('InternalError', 'An internal error has occurred');
  return machine;
}

function statusXml(machine: Instance, { world }: Call) {
  const impaired = strikes(world.faults, 'impaired', machine.spec);
  const checks =
    machine.life.state === 'running'
      ? {
          status: impaired ? 'impaired' : 'ok',
          details: items([{ name: 'reachability', status: impaired ? 'failed' : 'passed' }]),
        }
      : { status: 'not-applicable' };
  return {
    instanceId: idOf(machine),
    availabilityZone: machine.spec.zone,
    instanceState: stateXml(machine.life),
    systemStatus: checks,
    instanceStatus: checks,
  };
}
