import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

/** The path of a source file and the text to take for it. */
const mutant = JSON.parse(process.env['ROLECALL_MUTANT'] ?? '{}');

/** Node's hook for loading a module. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || fileURLToPath(url) !== mutant.path) return await next(url, context);
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } };
  const { code } = await transform(mutant.text, { filename: mutant.path, ...options });
  return { format: 'module', source: code, shortCircuit: true };
}
