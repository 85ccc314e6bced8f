import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import type { RoleWords } from './launch-request.ts';

/** The parts of a fleet's name, and what a catalogue has of each. */
export const KINDS = [
  ['role', (catalogue: Catalogue) => catalogue.roles.map(({ name }) => name)],
  ['environment', ({ environments }: Catalogue) => environments],
  ['context', ({ contexts }: Catalogue) => contexts],
] as const;

/** @throws UsageError where a name is given that the catalogue lacks */
export function checkNames(words: RoleWords, catalogue: Catalogue): void {
  for (const [kind, namesIn] of KINDS) {
    const given = words[kind];
    const names: readonly string[] = namesIn(catalogue);
    if (given !== undefined && !names.includes(given))
      throw new UsageError(`${catalogue.label} has no ${kind} ${JSON.stringify(given)}`, {
        hint: `its ${kind}s: ${names.join(', ')}`,
      });
  }
}
