// Lets node run this repository's TypeScript as it stands: `node --import ./scripts/typescript.mjs FILE.ts`. Types are only
// stripped, by swc; workers and child processes with the same --import run TypeScript too.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

/** Node's hook for loading a module. */
export async function load(url, context, next) {
  if (!/^file:[^?]*\.ts(?:\?|$)/.test(url)) return await next(url, context);
  const { transform } = await import('@swc/core');
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    filename,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
