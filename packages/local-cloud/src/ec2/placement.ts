import type { CapacityFault, Faults } from '../faults.ts';
import { zonesOf } from '../geography.ts';
import { INSTANCE_TYPES } from '../instance-types.ts';
import { noRoomHere, type Room } from './capacity.ts';
import { Ec2Error } from './ec2-error.ts';
import type { Instance } from './instance.ts';
import type { LaunchRequest } from './launch-request.ts';
import { isUp } from './lifecycle.ts';

/** Where a launch goes, and how many machines of it. */
export interface Placement {
  readonly zone: string;
  readonly count: number;
}

type Wanted = Pick<LaunchRequest, 'type' | 'minCount' | 'maxCount' | 'zone' | 'spot'>;

/**
 * Finds room for a launch: as many machines as fit up to maxCount, none below minCount.
 * @throws Ec2Error InsufficientInstanceCapacity, VcpuLimitExceeded
 */
export function place(
  wanted: Wanted,
  region: string,
  all: readonly Instance[],
  faults: Faults,
  here: Room,
): Placement {
  const up = all.filter(({ life, spec }) => isUp(life) && spec.region === region);
  checkQuota(wanted, up, faults.vcpuQuota);
  const room = zonesOf(region).map(({ name }) => ({
    zone: name,
    free: roomIn(name, wanted, up, faults.noCapacity ?? []),
  }));
  const offered = room.filter(({ zone }) => wanted.zone === undefined || zone === wanted.zone);
  const best =
    offered.find(({ free }) => free >= wanted.maxCount) ?? offered.toSorted((a, b) => b.free - a.free)[0];
  if (best === undefined || best.free < wanted.minCount) {
    const elsewhere = room.filter(({ free }) => free >= wanted.minCount).map(({ zone }) => zone);
    throw noCapacity(wanted, elsewhere);
  }
  if (here.free < wanted.minCount) throw noRoomHere(wanted.type.name, here);
  return { zone: best.zone, count: Math.min(best.free, here.free, wanted.maxCount) };
}

function roomIn(
  zone: string,
  { type, spot }: Wanted,
  up: readonly Instance[],
  faults: readonly CapacityFault[],
): number {
  const wanted = { zone, instanceType: type.name, spot };
  const room = faults
    .filter((fault) => isOf(wanted, fault))
    .map((fault) => (fault.available ?? 0) - up.filter(({ spec }) => isOf(spec, fault)).length);
  return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...room));
}

type Place = Pick<Instance['spec'], 'zone' | 'instanceType' | 'spot'>;

const isOf = ({ zone, instanceType, spot }: Place, fault: CapacityFault): boolean =>
  (fault.zone ?? zone) === zone &&
  (fault.instanceType ?? instanceType) === instanceType &&
  (fault.market === undefined || (fault.market === 'spot') === spot);

function checkQuota({ type, minCount }: Wanted, up: readonly Instance[], quota: number | undefined): void {
  if (quota === undefined) return;
  const used = up.reduce((sum, { spec }) => sum + (INSTANCE_TYPES.get(spec.instanceType)?.vcpus ?? 0), 0);
  if (used + type.vcpus * minCount <= quota) return;
  throw new Ec2Error(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${quota} allows for the instance ` +
      'bucket that the specified instance type belongs to. Please visit ' +
      'http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
  );
}

function noCapacity({ type, zone }: Wanted, elsewhere: readonly string[]): Ec2Error {
  const where = zone === undefined ? '' : ` in the Availability Zone you requested (${zone})`;
  const choices =
    elsewhere.length === 0
      ? ''
      : ` You can currently get ${type.name} capacity by not specifying an Availability Zone in your request or ` +
        `choosing ${elsewhere.join(', ')}.`;
  return new Ec2Error(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${type.name} capacity${where}. Our system will be working on ` +
      `provisioning additional capacity.${choices}`,
  );
}
