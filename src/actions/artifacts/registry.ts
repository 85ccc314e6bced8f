import type { Role } from '../../catalogue/role.ts';
import type { Scheme } from './scheme.ts';

/** A scheme, loaded where it is used. */
export interface SchemeRow {
  /** Whether machines of the role boot by it. */
  readonly boots: (role: Role) => boolean;
  readonly load: () => Promise<Scheme>;
}

/** Every scheme. The first that boots a role is the role's. */
export const SCHEMES: readonly SchemeRow[] = [
  {
    boots: ({ bundle }) => bundle !== undefined,
    load: async () => (await import('./start-up-bundle.ts')).startUpBundle,
  },
  { boots: () => true, load: async () => (await import('./personality.ts')).personality },
];
