import { createHash } from 'node:crypto';
import type { FleetName, Role } from '../catalogue/role.ts';
import type { Clock } from '../clock.ts';
import type { LaunchId, Nonce } from '../model.ts';

/** The most machines that one RunInstances call asks for: AWS advises several calls of 100 over one of 500. */
export const MAX_BATCH = 100;

/** Gives `count` random bytes; `randomBytes` of node:crypto. */
type RandomBytes = (count: number) => Uint8Array;

/** The ClientToken of a launch's batch `n` (from 1): hex SHA-256 of `launch/n`, EC2's full 64 characters. */
export const clientToken = (launch: LaunchId, batch: number): string =>
  createHash('sha256').update(`${launch}/${batch}`).digest('hex');

/** A launch id that sorts by time and can be read aloud: `20261121-215140-9f3a2c`, UTC. */
export function newLaunchId(clock: Pick<Clock, 'now'>, random: RandomBytes): LaunchId {
  const [date = '', time = ''] = new Date(clock.now()).toISOString().split('T');
  const id = `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${hex(random(3))}`;
  return id as LaunchId;
}

/** 128 random bits for a launch's payload. Secret. */
export const newNonce = (random: RandomBytes): Nonce => hex(random(16)) as Nonce;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The tags that say which fleet a machine belongs to. */
export function fleetTags(role: FleetName): Readonly<Record<string, string>> {
  return {
    'rolecall:catalogue': role.catalogue,
    'rolecall:role': role.role,
    'rolecall:environment': role.environment,
    'rolecall:context': role.context,
  };
}

/**
 * Hex SHA-256 over all that the catalogue and the command line say about a role's machines but the AMI: what may change
 * though the catalogue file doesn't, and what stays though it does.
 * @param more what the role's scheme adds
 */
export function settingsHash(role: Role, more: Readonly<Record<string, unknown>>): string {
  const settings = {
    machine: role.machine,
    personality: role.personality,
    bucket: role.bucket ?? null,
    prefix: role.prefix,
    ...more,
  };
  return createHash('sha256').update(JSON.stringify(settings, sortedKeys)).digest('hex');
}

/** A replacer that makes JSON.stringify independent of the order in which an object's keys were set. */
const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
