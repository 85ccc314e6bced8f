import type { BundleSettings } from '../catalogue/role.ts';
import { findSecret } from '../redact.ts';
import type { Module } from './module.ts';
import type { ModuleValues } from './read-values.ts';
import type { Finding } from './refuse.ts';

/** What a variable that its modules declare as secret may hold: a private key, or a token of another service. */
const MAY_BE_DECLARED = new Set<ReturnType<typeof findSecret>>(['a private key', 'credentials of npm']);

/**
 * Finds values that look like secrets and aren't declared as such, and AWS keys under whatever name.
 * @param own secrets of the command's own credentials
 */
export function valueFindings(
  { variables }: BundleSettings,
  modules: readonly Module[],
  values: ReadonlyMap<string, ModuleValues>,
  own: readonly string[],
): Finding[] {
  return Object.entries(variables).flatMap(([name, { at }]): Finding[] => {
    const users = modules.filter((module) => Object.hasOwn(module.variables, name));
    const pairs = users.flatMap((module) => values.get(module.name) ?? []);
    const text = pairs.find(([variable]) => variable === name)?.[1];
    if (text === undefined) return [];
    const path = `variables.${name}`;
    if (own.some((secret) => text.includes(secret)))
      return [{ at, path, why: 'holds the AWS credentials of this command', own: true }];
    const declared = users.every((module) => module.variables[name]?.secret === true);
    const kind = declared ? findSecret(text) : findSecret(text, name);
    if (kind === undefined || (declared && MAY_BE_DECLARED.has(kind))) return [];
    return [{ at, path, why: `holds ${kind}`, ...(MAY_BE_DECLARED.has(kind) && { declare: name }) }];
  });
}
