import type { Catalogue } from '../catalogue/catalogue.ts';
import type { OverrideName } from '../catalogue/overrides.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { Runtime } from './runtime.ts';

/** Finds and reads the catalogue that the arguments name, or the nearest roles.yaml above the current folder. */
export async function openCatalogue(
  values: { readonly catalogue?: string | undefined },
  runtime: Runtime,
): Promise<Catalogue> {
  const { findCatalogue, readCatalogue } = await import('../catalogue/load.ts');
  return readCatalogue(findCatalogue(runtime.cwd, values.catalogue), runtime.cwd);
}

/** Which role, as the command line names it. */
export interface RoleWords {
  readonly role?: string | undefined;
  readonly environment?: string | undefined;
  readonly context?: string | undefined;
}

/** A role in its environment and context. */
export interface RoleName {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
}

/** The role for arguments that must all be there; commands that may ask use the picker first. */
export function requireRole(values: RoleWords): RoleName {
  const { role, environment, context } = values;
  if (role !== undefined && environment !== undefined && context !== undefined) {
    return { role, environment, context };
  }
  const missing = [role ?? '--role', environment ?? '--env', context ?? '--context'].filter((word) =>
    word.startsWith('--'),
  );
  throw new UsageError(`missing ${missing.join(', ')}`, { hint: 'rolecall roles list tells what there is' });
}

type Dashed<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}-${Dashed<Rest>}`
  : Name;

/** Values of the command line that stand above the catalogue's. */
export type OverrideWords = { readonly [Name in Dashed<OverrideName>]?: string | undefined };

/** Resolves a role with the command line's values above the catalogue's. */
export async function roleFrom(catalogue: Catalogue, name: RoleName, values: OverrideWords): Promise<Role> {
  const { resolveRole } = await import('../catalogue/resolve.ts');
  return resolveRole(catalogue, name, {
    region: values.region,
    ami: values.ami,
    instance_type: values['instance-type'],
    zone: values.zone,
    subnet: values.subnet,
    timeout: values.timeout,
  } satisfies Record<OverrideName, string | undefined>);
}
