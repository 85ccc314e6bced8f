import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { LaunchId, Nonce } from '../model.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { PackingWords, RoleBundle } from './artifacts/role-bundle.ts';
import { type OverrideWords, type RoleName, type RoleWords, roleFrom } from './catalogue.ts';
import { launchIdFor } from './launch-id.ts';
import type { Runtime } from './runtime.ts';

/** What a launch is about, before its build or its bundle is made sure of. */
export interface LaunchRequest {
  readonly role: Role;
  /** What its bundle will be packed from; absent for a role without modules. */
  readonly bundle?: RoleBundle | undefined;
  readonly count: number;
  readonly launch: LaunchId;
  /** The id was made this moment. */
  readonly isNew: boolean;
  readonly nonce: Nonce;
}

/** What is asked of a launch. */
export interface LaunchInput extends RoleWords, OverrideWords, BuildChoice, PackingWords {
  readonly count?: number | undefined;
  readonly 'launch-id'?: string | undefined;
}

/** Resolves the role: pure but for the ids that it draws. @throws UsageError, also for a build that can't be meant */
export async function requestOf(
  values: LaunchInput,
  answers: RoleName & { readonly count: number },
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  checkCount(answers.count);
  const { newNonce } = await import('../launch/identity.ts');
  const role = await roleFrom(catalogue, answers, values);
  if (role.app !== undefined || values.build !== undefined || values['build-sha256'] !== undefined) {
    const { checkDeploys } = await import('./artifacts/build.ts');
    checkDeploys(role, catalogue, values);
  }
  const bundle = await bundleOf(role, catalogue, values, runtime);
  const { launch, isNew } = await launchIdFor(
    values['launch-id'],
    role,
    { verb: 'launch', target: String(answers.count) },
    runtime,
  );
  return { role, bundle, count: answers.count, launch, isNew, nonce: newNonce(randomBytes) };
}

/** Its modules and their variables, checked; undefined for a role without modules, for which nothing is loaded. */
export async function bundleOf(
  role: Role,
  catalogue: Catalogue,
  words: PackingWords | 'measured',
  runtime: Runtime,
): Promise<RoleBundle | undefined> {
  const given = words !== 'measured' && (words['allow-secret'] ?? words['allow-outside']) !== undefined;
  if (role.bundle === undefined && !given) return undefined;
  return await (await import('./artifacts/role-bundle.ts')).loadBundle(role, catalogue, words, runtime);
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
