import { RolecallError, UsageError } from '../errors.ts';
import type { Runtime } from './runtime.ts';
import { openCatalogue } from './session.ts';

/** What may name a region. */
export interface RegionWords {
  readonly region?: string | undefined;
  readonly catalogue?: string | undefined;
  readonly local?: boolean;
}

/** The local cloud answers for every region alike. */
const ANY_REGION = 'us-east-1';

/**
 * The region for commands that need no role: the argument's, the catalogue's, else that of the AWS variables.
 * @param otherwise where nothing names one
 * @throws UsageError where none of them names one; a catalogue's faults only where it was named or nothing else helps
 */
export async function regionFor(words: RegionWords, runtime: Runtime, otherwise?: string): Promise<string> {
  if (words.region !== undefined) return words.region;
  const fromEnv =
    runtime.env['AWS_REGION'] ||
    runtime.env['AWS_DEFAULT_REGION'] ||
    (otherwise ?? (words.local ? ANY_REGION : undefined));
  try {
    const { region } = await openCatalogue(words, runtime);
    if (region !== undefined) return region;
  } catch (error) {
    if (!(error instanceof RolecallError) || words.catalogue !== undefined || fromEnv === undefined)
      throw error;
  }
  if (fromEnv !== undefined) return fromEnv;
  throw new UsageError('no region is known', { hint: 'add --region, or region: to the catalogue' });
}
