import type { Module } from './module.ts';
import type { ModuleValues } from './read-values.ts';

/** What a bundle is packed from. */
export interface BundleParts {
  /** In the order in which they are started. */
  readonly modules: readonly StartedModule[];
  /** By the names under which modules are started. */
  readonly values: ReadonlyMap<string, ModuleValues>;
  /** Paths below `files/` to absolute paths. */
  readonly files: Readonly<Record<string, string>>;
  /** What runs modules and what they share: names below `.lib/` to texts. */
  readonly library: Readonly<Record<string, string>>;
}

/** A module as it is started: in a test the same one is started twice, and then its test. */
export interface StartedModule {
  readonly as: string;
  readonly module: Module;
  /** Its test.sh is run, in the folder where it was started under its own name. */
  readonly test?: true;
}

/** A launch's modules, each started once under its own name. */
export const startedOnce = (modules: readonly Module[]): StartedModule[] =>
  modules.map((module) => ({ as: module.name, module }));

/**
 * The values that modules of a bundle declare as secret, each once. A truth value is none that could be told from others.
 */
export function declaredSecrets({ modules, values }: Pick<BundleParts, 'modules' | 'values'>): string[] {
  const secrets = modules.flatMap(({ as, module: { variables } }) =>
    (values.get(as) ?? []).flatMap(([name, value]) => {
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
      return variable?.secret === true && variable.type !== 'boolean' ? [value] : [];
    }),
  );
  return [...new Set(secrets)];
}
