import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { Policy } from '../fleet/choose.ts';
import type { Rules } from '../fleet/tools.ts';
import { parseWave } from '../fleet/waves.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { PackingWords } from './artifacts/role-bundle.ts';
import type { FleetChoice } from './fleet.ts';
import { type OverrideWords, type RoleName, roleFrom } from './launch-request.ts';

/** The arguments of a command that brings new machines into a fleet. */
export interface RolloutWords extends FleetChoice, OverrideWords, BuildChoice, PackingWords {
  readonly order: Policy;
  readonly wave: string;
  readonly canary: boolean;
  readonly maxFailures: number;
  readonly onFailure: Rules['onFailure'];
  readonly launchId?: string | undefined;
}

/** The role of a roll-out. @throws UsageError, also for arguments that don't fit the role */
export async function roleOf(input: RoleName & RolloutWords, catalogue: Catalogue): Promise<Role> {
  const role = await roleFrom(catalogue, input, input);
  checkRollout(input, role);
  return role;
}

/** What only a role tells of a roll-out's arguments. @throws UsageError */
function checkRollout(words: RolloutWords, role: Role): void {
  const { machine, bootBudgetMs } = role;
  if (words.strictBudget && bootBudgetMs === undefined)
    throw new UsageError(
      `--strict-budget: the catalogue sets no boot_budget for ${role.role} ${role.environment}/${role.context}`,
      {
        hint: `write boot_budget: 60s (or yours) into the catalogue; what is set: rolecall roles show ${role.role} --env ${role.environment} --context ${role.context}`,
      },
    );
  const onFailure = words.onFailure;
  if (onFailure !== 'stop' || machine.spot === false) return;
  throw new UsageError('--on-failure stop: EC2 stops no spot machines, and this role asks for them', {
    hint: '--on-failure keep or --on-failure terminate',
  });
}

/** @throws UsageError */
export function rulesOf(words: RolloutWords): Rules {
  const { maxFailures } = words;
  if (!Number.isSafeInteger(maxFailures) || maxFailures < 0)
    throw new UsageError('--max-failures must be a whole number, 0 or more', {
      hint: '0 stops at the first machine that does not succeed',
    });
  return {
    wave: parseWave(words.wave),
    canary: words.canary,
    maxFailures,
    onFailure: words.onFailure,
    policy: words.order,
  };
}
