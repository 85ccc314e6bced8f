import { createHash } from 'node:crypto';
import type { Role } from '../catalogue/role.ts';

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
