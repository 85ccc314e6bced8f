import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
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
  values: LaunchInput,
  answers: RoleName & { readonly count: number },
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  checkCount(answers.count);
  const { newNonce } = await import('../launch/identity.ts');
  const role = await roleFrom(catalogue, answers, values);
  const source = await sourceOf(role, catalogue, values, runtime);
  const { launch, isNew } = await launchIdFor(
    values['launch-id'],
    role,
    { verb: 'launch', target: String(answers.count) },
    runtime,
  );
  return { role, source, count: answers.count, launch, isNew, nonce: newNonce(randomBytes) };
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
