import { createHash } from 'node:crypto';
import { personality } from '../../src/actions/artifacts/personality.ts';
import { roleHash } from '../../src/actions/artifacts/schemes.ts';
import type { MachineSettings, Role } from '../../src/catalogue/role.ts';
import type { LaunchId, PathName } from '../../src/model.ts';
import type { Payload } from '../../src/schemes/payload.ts';

/** A role as the catalogue stage resolves it, with what a test wants otherwise. */
export function role(machine: Partial<MachineSettings> = {}, other: Partial<Role> = {}): Role {
  return {
    catalogue: 'shop' as PathName,
    role: 'memcached' as PathName,
    environment: 'prod' as PathName,
    context: 'b' as PathName,
    region: 'us-east-1',
    ami: 'ami-0123456789abcdef0',
    prefix: '',
    beacons: false,
    fetch: 'presigned',
    machine: {
      instanceTypes: ['t3.micro'],
      subnets: [],
      zones: [],
      securityGroups: [],
      blockDevices: [],
      tags: {},
      httpTokens: 'required',
      metadataHopLimit: 1,
      shutdownBehavior: 'stop',
      spot: false,
      ...machine,
    },
    personality: {},
    timeoutMs: 600_000,
    patterns: {},
    catalogueSha256: 'c'.repeat(64),
    provenance: new Map(),
    ...other,
  };
}

/** The hash of its settings, as a launch has it. */
export const hashOf = (of: Role): string => roleHash(of, personality);

/** A personality payload with this nonce: another process's payload differs in nothing else. */
export function payload(nonce: string): Payload {
  const text = `environment=prod\nrole=memcached\ncontext=b\nrolecall_launch=test\nrolecall_nonce=${nonce}\n`;
  return {
    scheme: 'personality',
    text,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
}

export const LAUNCH = '20261121-215140-9f3a2c' as LaunchId;
