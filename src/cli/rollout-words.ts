import { UsageError } from '../errors.ts';
import type { Policy } from '../launch/fleet/choose.ts';
import type { Rules } from '../launch/fleet/tools.ts';
import { parseWave } from '../launch/fleet/waves.ts';
import type { OverrideWords, RoleWords } from './catalogue.ts';
import type { FleetWords } from './fleet-run.ts';

/** The arguments of a command that brings new machines into a fleet. */
export interface RolloutWords extends FleetWords, RoleWords, OverrideWords {
  readonly 'dry-run': boolean;
  readonly order: Policy;
  readonly wave: string;
  readonly canary: boolean;
  readonly 'max-failures': number;
  readonly 'on-failure': Rules['onFailure'];
  readonly build?: string | undefined;
  readonly 'launch-id'?: string | undefined;
}

/** @throws UsageError */
export function rulesOf(words: RolloutWords): Rules {
  const maxFailures = words['max-failures'];
  if (!Number.isInteger(maxFailures) || maxFailures < 0)
    throw new UsageError('--max-failures must be a whole number, 0 or more', {
      hint: '0 stops at the first machine that does not succeed',
    });
  return {
    wave: parseWave(words.wave),
    canary: words.canary,
    maxFailures,
    onFailure: words['on-failure'],
    policy: words.order,
  };
}
