import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { newNonce } from '../launch/identity.ts';
import { sourceOf } from './artifacts/schemes.ts';
import { launchIdFor } from './launch-id.ts';
import type { LaunchRequest } from './launch-request.ts';
import type { RolloutWords } from './rollout.ts';
import type { Runtime } from './runtime.ts';

/**
 * The launch that brings new machines into a fleet.
 * @param target what tells two doings of one CI job apart: a size, or the build that is rolled out
 */
export async function fleetRequest(
  words: RolloutWords,
  role: Role,
  { verb, count, target }: { readonly verb: string; readonly count: number; readonly target: string },
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<LaunchRequest> {
  const source = await sourceOf(role, catalogue, words, runtime);
  const { launch, isNew } = await launchIdFor(words['launch-id'], role, { verb, target }, runtime);
  return { role, source, count, launch, isNew, nonce: newNonce(randomBytes) };
}
