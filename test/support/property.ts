import fc from 'fast-check';

/** The most runs of a property: as many as the test says, unless ROLECALL_PROPERTY_RUNS sets a limit. */
const LIMIT = Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? Number.POSITIVE_INFINITY);
if (!(LIMIT >= 1)) throw new Error('ROLECALL_PROPERTY_RUNS is the most runs of a property: 1 or more');

const limited = <Ts>(params: fc.Parameters<Ts> = {}): fc.Parameters<Ts> => ({
  ...params,
  numRuns: Math.min(params.numRuns ?? 100, LIMIT),
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
