import { roleFrom } from '../../actions/catalogue.ts';
import { checkCount } from '../../actions/launch-request.ts';
import type { RolloutWords } from '../../actions/rollout.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import type { Host } from '../context.ts';
import { type GivenAnswers, type LaunchAnswers, pickLaunch } from './picker.ts';

/** Completes the arguments: asks on a terminal for what is missing, else throws a UsageError that names the flags. */
export async function askLaunch(
  given: GivenAnswers,
  catalogue: Catalogue,
  { terminal }: Host,
): Promise<LaunchAnswers> {
  checkCount(given.count);
  const named = (names: readonly string[]) => names.map((value) => ({ value }));
  return await pickLaunch(
    terminal,
    {
      roles: catalogue.roles.map(({ name, description }) => ({ value: name, description })),
      environments: named(catalogue.environments),
      contexts: named(catalogue.contexts),
    },
    given,
  );
}

/** The role that a command names, or that people pick. */
export async function askRole(
  given: Pick<RolloutWords, 'role' | 'environment' | 'context' | 'region'>,
  catalogue: Catalogue,
  host: Host,
): Promise<Role> {
  const answers = await askLaunch({ ...given, count: 1 }, catalogue, host);
  return await roleFrom(catalogue, answers, given);
}
