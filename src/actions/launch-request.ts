import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { OverrideName } from '../catalogue/overrides.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { ciLaunchId } from '../launch/ci.ts';
import { newLaunchId, newNonce } from '../launch/identity.ts';
import { isLaunchId, type LaunchId, type Nonce } from '../model.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { PackingWords } from './artifacts/role-bundle.ts';
import type { ArtifactSource } from './artifacts/scheme.ts';
import { sourceOf } from './artifacts/schemes.ts';
import type { Runtime } from './runtime.ts';

/** What a launch is about, before its artifacts are made. */
export interface LaunchRequest {
  readonly role: Role;
  /** What its artifacts will be made from, by the role's scheme. */
  readonly source: ArtifactSource;
  readonly count: number;
  readonly launch: LaunchId;
  /** The id was made this moment. */
  readonly isNew: boolean;
  readonly nonce: Nonce;
}

/** What is asked of a launch. */
export interface LaunchInput extends RoleWords, OverrideWords, BuildChoice, PackingWords {
  readonly count?: number | undefined;
  readonly launchId?: string | undefined;
}

/** Resolves the role: pure but for the ids that it draws. @throws UsageError, also for a build that can't be meant */
export async function requestOf(
  input: RoleName & LaunchInput,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  const { count = 1 } = input;
  checkCount(count);
  const role = await roleFrom(catalogue, input, input);
  return await requestFor(role, input, { verb: 'launch', count, target: String(count) }, catalogue, runtime);
}

/**
 * The launch of a role.
 * @param target what tells two launches of one CI job apart: a size, or which machines are replaced
 */
export async function requestFor(
  role: Role,
  input: LaunchInput,
  { verb, count, target }: { readonly verb: string; readonly count: number; readonly target: string },
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  const source = await sourceOf(role, catalogue, input, runtime);
  const { launch, isNew } = await launchIdFor(input.launchId, role, { verb, target }, runtime);
  return { role, source, count, launch, isNew, nonce: newNonce(randomBytes) };
}

/** Machines that one launch may ask for. */
export const MAX_COUNT = 1000;

/** @throws UsageError */
export function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT)) return;
  throw new UsageError(`--count must be a whole number from 1 to ${MAX_COUNT}`, {
    hint: 'for more machines, launch several times',
  });
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

/** The role that the arguments name; undefined where one of them is missing. */
export const roleNamed = ({ role, environment, context }: RoleWords): RoleName | undefined =>
  role !== undefined && environment !== undefined && context !== undefined
    ? { role, environment, context }
    : undefined;

/** The same for arguments that must all be there; commands that may ask use the picker first. @throws UsageError */
export function requireRole(values: RoleWords): RoleName {
  const named = roleNamed(values);
  if (named !== undefined) return named;
  const { role, environment, context } = values;
  const missing = [role ?? '--role', environment ?? '--env', context ?? '--context'].filter((word) =>
    word.startsWith('--'),
  );
  throw new UsageError(`missing ${missing.join(', ')}`, { hint: 'rolecall roles list tells what there is' });
}

type Joined<Name extends string, Glue extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Glue}${Glue extends '' ? Capitalize<Joined<Rest, Glue>> : Joined<Rest, Glue>}`
  : Name;

/** Values that stand above the catalogue's: `instanceType` above instance_type. */
export type OverrideWords = { readonly [Name in Joined<OverrideName, ''>]?: string | undefined };

/** The options of the command line that give these values; `region` is an option of every command. */
export type OverrideFlag = Exclude<Joined<OverrideName, '-'>, 'region'>;

/** Resolves a role with the command line's values above the catalogue's. */
export async function roleFrom(catalogue: Catalogue, name: RoleName, values: OverrideWords): Promise<Role> {
  const { resolveRole } = await import('../catalogue/resolve.ts');
  return resolveRole(catalogue, name, {
    region: values.region,
    ami: values.ami,
    instance_type: values.instanceType,
    zone: values.zone,
    subnet: values.subnet,
    timeout: values.timeout,
  } satisfies Record<OverrideName, string | undefined>);
}

/**
 * The id of a launch, and whether nothing can be of that launch yet: the given one, else the CI run's (so that a re-run re-attaches), else a new one.
 * @throws UsageError where the given one can't be an id
 */
export async function launchIdFor(
  given: string | undefined,
  role: Role,
  { verb, target }: { readonly verb: string; readonly target: string },
  runtime: Runtime,
): Promise<{ readonly launch: LaunchId; readonly isNew: boolean }> {
  if (given !== undefined) {
    if (isLaunchId(given)) return { launch: given, isNew: false };
    throw new UsageError(`--launch-id "${given}" can't be an id`, {
      hint: 'use at most 64 letters, digits, dots, dashes and underscores; the first a letter or digit',
    });
  }
  const { catalogue, environment, context, region } = role;
  const fleet = [catalogue, role.role, environment, context].join('/');
  const ofCi = ciLaunchId(runtime.env, { verb, fleet, target: `${target}@${region}` });
  return ofCi === undefined
    ? { launch: newLaunchId(runtime.clock, randomBytes), isNew: true }
    : { launch: ofCi, isNew: false };
}
