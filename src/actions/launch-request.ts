import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { newNonce } from '../launch/identity.ts';
import type { LaunchId, Nonce } from '../model.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { PackingWords } from './artifacts/role-bundle.ts';
import type { ArtifactSource } from './artifacts/scheme.ts';
import { sourceOf } from './artifacts/schemes.ts';
import { type OverrideWords, type RoleName, type RoleWords, roleFrom } from './catalogue.ts';
import { launchIdFor } from './launch-id.ts';
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
  readonly 'launch-id'?: string | undefined;
}

/** Resolves the role: pure but for the ids that it draws. @throws UsageError, also for a build that can't be meant */
export async function requestOf(
  input: LaunchInput,
  answers: RoleName & { readonly count: number },
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  const { count } = answers;
  checkCount(count);
  const role = await roleFrom(catalogue, answers, input);
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
  const { launch, isNew } = await launchIdFor(input['launch-id'], role, { verb, target }, runtime);
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
