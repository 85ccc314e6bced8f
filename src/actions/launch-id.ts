import { randomBytes } from 'node:crypto';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { isLaunchId, type LaunchId } from '../model.ts';
import type { Runtime } from './runtime.ts';

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
  const [{ ciLaunchId }, { newLaunchId }] = await Promise.all([
    import('../launch/ci.ts'),
    import('../launch/identity.ts'),
  ]);
  const { catalogue, environment, context, region } = role;
  const fleet = [catalogue, role.role, environment, context].join('/');
  const ofCi = ciLaunchId(runtime.env, { verb, fleet, target: `${target}@${region}` });
  return ofCi === undefined
    ? { launch: newLaunchId(runtime.clock, randomBytes), isNew: true }
    : { launch: ofCi, isNew: false };
}
