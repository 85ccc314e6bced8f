// Node's hooks for loading tests: TypeScript as scripts/typescript.mjs loads it, and Jest's names.
export { load } from '../../scripts/typescript.mjs';

const GLOBALS = new URL('globals.mjs', import.meta.url).href;

/** Node's hook for finding a module; what a module of the house imports has the same query as that. */
export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
  const found = await next(specifier, context);
  const [, query] = context.parentURL?.split('?') ?? [];
  return query !== undefined && found.url.endsWith('.ts')
    ? { ...found, url: `${found.url}?${query}` }
    : found;
}
