import type { BundleParts } from './entries.ts';

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
