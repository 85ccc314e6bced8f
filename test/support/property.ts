import fc from 'fast-check';

/** The most runs of a property: as many as the test says, unless ROLECALL_PROPERTY_RUNS sets a limit. */
const LIMIT = Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? Number.POSITIVE_INFINITY);
if (!(LIMIT >= 1)) throw new Error('ROLECALL_PROPERTY_RUNS is the most runs of a property: 1 or more');

/** As many runs as the test says, and at most ROLECALL_PROPERTY_RUNS. */
export const runs = (wanted: number): number => Math.min(wanted, LIMIT);

const limited = <Ts>(params: fc.Parameters<Ts> = {}): fc.Parameters<Ts> => ({
  ...params,
  numRuns: runs(params.numRuns ?? 100),
});

/** fast-check's `assert`, with at most ROLECALL_PROPERTY_RUNS runs; without `numRuns` there are 100. */
export function holds<Ts>(property: fc.IProperty<Ts>, params?: fc.Parameters<Ts>): void {
  fc.assert(property, limited(params));
}

/** The same for properties that have to be waited for. */
export async function holdsAsync<Ts>(
  property: fc.IAsyncProperty<Ts>,
  params?: fc.Parameters<Ts>,
): Promise<void> {
  await fc.assert(property, limited(params));
}

/** The halves of surrogate pairs, which are no characters. */
const SURROGATES = { first: 0xd800, count: 0x800 } as const;

/**
 * Any character, as the unit of a string. fast-check's own unit `binary` gives the same ones, and spends a second of each
 * test file on a table of all.
 */
export const anyCharacter = fc.nat({ max: 0x10ffff - SURROGATES.count }).map(
  (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
  (character) => {
    const code = typeof character === 'string' ? character.codePointAt(0) : undefined;
    if (code === undefined || String.fromCodePoint(code) !== character) throw new Error('not one character');
    return code < SURROGATES.first ? code : code - SURROGATES.count;
  },
);
