import type { Place } from '../place.ts';

/** Runs a command that must succeed: without it the case means nothing. */
export async function must(place: Place, args: readonly string[]): Promise<void> {
  const { code, stderr } = await place.run(args);
  if (code !== 0) throw new Error(`rolecall ${args.join(' ')} ended with ${code}:\n${stderr}`);
}
