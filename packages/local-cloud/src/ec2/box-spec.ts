import type { BoxServices, BoxSpec } from '../box.ts';
import { type Faults, strikes } from '../faults.ts';
import type { Instance } from './instance.ts';

/** What the box of a machine is booted with. */
export function boxSpec({ spec, tags }: Instance, services: BoxServices, faults: Faults): BoxSpec {
  const role = spec.instanceProfile?.split('/').at(-1);
  return {
    instanceId: spec.id,
    amiId: spec.imageId,
    amiLaunchIndex: spec.launchIndex,
    instanceType: spec.instanceType,
    region: spec.region,
    zone: spec.zone,
    privateIp: spec.privateIp,
    ...(role === undefined ? {} : { instanceProfile: role }),
    ...(spec.userData === undefined ? {} : { userData: spec.userData }),
    httpTokens: spec.metadata.httpTokens,
    tags,
    services,
    ...(faults.metadata !== undefined &&
      strikes(faults, 'metadata', spec) && { metadataFault: faults.metadata }),
    ...(faults.networkLate !== undefined &&
      strikes(faults, 'networkLate', spec) && { networkLateMs: faults.networkLate.ms }),
  };
}
