import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { Host } from '../cli/context.ts';
import { newNonce } from '../launch/identity.ts';
import { checkDeploys } from './artifacts/build.ts';
import { roleFrom } from './catalogue.ts';
import { askIntent, bundleOf, type Draft } from './intent.ts';
import { launchIdFor } from './launch-id.ts';
import type { RolloutWords } from './rollout.ts';

/** The role that a command names, or that people pick. */
export async function fleetRole(
  words: Pick<RolloutWords, 'role' | 'environment' | 'context' | 'region'>,
  catalogue: Catalogue,
  host: Host,
): Promise<Role> {
  const answers = await askIntent({ ...words, count: 1 }, catalogue, host);
  return await roleFrom(catalogue, answers, words);
}

/**
 * The launch that brings new machines into a fleet.
 * @param target what tells two doings of one CI job apart: a size, or the build that is rolled out
 */
export async function fleetDraft(
  words: RolloutWords,
  role: Role,
  { verb, count, target }: { readonly verb: string; readonly count: number; readonly target: string },
  catalogue: Catalogue,
  host: Host,
): Promise<Draft> {
  checkDeploys(role, catalogue, words);
  const bundle = await bundleOf(role, catalogue, words, host);
  const { launch, isNew } = await launchIdFor(words['launch-id'], role, { verb, target }, host);
  return { role, bundle, count, launch, isNew, nonce: newNonce(randomBytes) };
}
