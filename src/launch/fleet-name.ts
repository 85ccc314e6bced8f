import type { Role } from '../catalogue/role.ts';

/** What tells one fleet from another within a region. */
export type FleetName = Pick<Role, 'catalogue' | 'role' | 'environment' | 'context'>;

/** The tags that say which fleet a machine belongs to. */
export function fleetTags(role: FleetName): Readonly<Record<string, string>> {
  return {
    'rolecall:catalogue': role.catalogue,
    'rolecall:role': role.role,
    'rolecall:environment': role.environment,
    'rolecall:context': role.context,
  };
}
