import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BundleSettings, VariableValue } from '../catalogue/role.ts';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { type Module, typeProblem } from './module.ts';

/** What a module gets: the values of its own variables, sorted by name. May be secret. */
export type ModuleValues = readonly (readonly [name: string, value: string])[];

/** A value that is larger is no variable; it belongs in `files`. Bytes. */
const MAX_VALUE_BYTES = 64 * 1024;

/** What values may be read from. */
export interface ValueSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The catalogue's folder. */
  readonly folder: string;
  /** Where the file of a variable lies behind all links, as it was judged. */
  readonly fileOf?: (variable: string) => string | undefined;
}

/**
 * The values of each module's variables, in the order of the modules: the role's, else the module's default.
 * @throws UsageError for a value that isn't there or isn't of its type; no message holds a value
 */
export async function readValues(
  settings: BundleSettings,
  modules: readonly Module[],
  sources: ValueSources,
): Promise<ReadonlyMap<string, ModuleValues>> {
  const given = new Map<string, string>();
  const declared = new Set(modules.flatMap(({ variables }) => Object.keys(variables)));
  for (const [name, value] of Object.entries(settings.variables))
    if (declared.has(name)) {
      const text = await readValue(name, value, sources);
      const needs = modules.find(
        ({ variables }) => Object.hasOwn(variables, name) && variables[name]?.required,
      );
      if (text === '' && value.from === 'env' && needs !== undefined) throw empty(name, value.name, needs);
      given.set(name, text);
    }
  return new Map(modules.map((module) => [module.name, valuesOf(module, given)]));
}

/** CI systems set a secret that isn't there to nothing, rather than not at all. */
const empty = (name: string, variable: string, module: Module): UsageError =>
  new UsageError(
    `variables.${name} is required by module ${module.name} and comes from ${variable}, which is empty in the environment`,
    {
      hint: `set it for this command: ${variable}=... rolecall ...; CI systems make an empty variable of a secret that is not there`,
    },
  );

/** @throws UsageError for a value that isn't of its type */
export function valuesOf(module: Module, given: ReadonlyMap<string, string>): ModuleValues {
  return Object.entries(module.variables)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, variable]) => {
      const value = given.get(name) ?? variable.default;
      if (value === undefined) return [];
      const problem = typeProblem(value, variable);
      if (problem === undefined) return [[name, value] as const];
      throw new UsageError(`the value of variables.${name} ${problem.message} (module ${module.name})`, {
        hint: `give it ${problem.expected}`,
      });
    });
}

async function readValue(
  name: string,
  value: VariableValue,
  { env, folder, fileOf }: ValueSources,
): Promise<string> {
  switch (value.from) {
    case 'catalogue':
      return value.text;
    case 'env': {
      // Also process.env has a `constructor`.
      const found = Object.hasOwn(env, value.name) ? env[value.name] : undefined;
      if (found !== undefined) return found;
      throw new UsageError(`variables.${name} comes from ${value.name}, which is not in the environment`, {
        hint: `set it for this command: ${value.name}=... rolecall ...`,
      });
    }
    case 'file':
      return await readFileValue(name, fileOf?.(name) ?? resolve(folder, value.path));
  }
}

async function readFileValue(name: string, path: string): Promise<string> {
  const unreadable = (error: Error) => {
    throw new UsageError(`variables.${name} comes from a file that can't be read: ${reasonOf(error)}`, {
      hint: 'paths are relative to the catalogue; ~ stands for nothing in them',
    });
  };
  const found = await stat(path).catch(unreadable);
  // A device or a pipe may never end.
  const endless = found.isCharacterDevice() || found.isFIFO() || found.size > MAX_VALUE_BYTES + 1;
  const bytes = endless ? undefined : await readFile(path).catch(unreadable);
  const text = bytes === undefined || bytes.length > MAX_VALUE_BYTES ? undefined : textOf(bytes);
  if (text === undefined)
    throw new UsageError(`variables.${name} comes from ${path}, which is no UTF-8 text of at most 64 KiB`, {
      hint: 'a variable is a short text; let `files` carry what is larger',
    });
  return text.replace(/\r?\n$/, '');
}

/** Undefined for what is no UTF-8, or holds a NUL: a value goes to its module as it is, or not at all. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
