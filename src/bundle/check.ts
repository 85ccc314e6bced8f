import type { BundleSettings, VariableValue } from '../catalogue/role.ts';
import { nearest } from '../suggest.ts';
import type { ShapeFault } from '../yaml/check.ts';
import type { Collection } from './collection.ts';
import type { Module, Variable } from './module.ts';
import { orderFaults } from './order.ts';
import { typeProblem } from './values.ts';

/** The modules of a role, or everything in its settings that doesn't fit them. */
export interface Checked {
  /** In the role's order; those that there are. */
  readonly modules: readonly Module[];
  readonly faults: readonly ShapeFault[];
}

/** Holds a role's settings against its modules. @throws UsageError or DocumentError for a module that can't be used */
export async function checkBundle(settings: BundleSettings, collection: Collection): Promise<Checked> {
  const found = await Promise.all(settings.modules.map(({ name }) => collection.find(name)));
  const modules = found.filter((module) => module !== undefined);
  const unknown = settings.modules.filter((_use, index) => found[index] === undefined);
  return {
    modules,
    faults: [
      ...unknown.map(({ name, at }) => ({
        at,
        path: 'modules',
        message: `there is no module ${name}`,
        expected: `one of ${collection.names.join(', ')}`,
        suggestion: nearest(name, collection.names),
      })),
      ...orderFaults(settings.modules, modules),
      ...modules.flatMap((module) => missingVariables(module, settings)),
      ...Object.entries(settings.variables).flatMap(([name, value]) => misfits(name, value, modules)),
      ...(await strangers(settings, modules, collection)),
    ],
  };
}

function missingVariables(module: Module, settings: BundleSettings): ShapeFault[] {
  const use = settings.modules.find(({ name }) => name === module.name);
  const missing = Object.entries(module.variables).filter(
    ([name, { required }]) => required && !Object.hasOwn(settings.variables, name),
  );
  if (use === undefined) return [];
  return missing.map(([name, { description, secret }]) => ({
    at: use.at,
    path: `variables.${name}`,
    message: `the module ${module.name} needs the variable ${name} (${description})`,
    expected: `variables: {${name}: ${secret ? `{env: ${name.toUpperCase()}}` : '...'}}`,
  }));
}

/**
 * Variables that nobody would read. One that another module of the collection declares may stand in a layer that roles
 * share.
 */
async function strangers(
  { variables }: BundleSettings,
  modules: readonly Module[],
  collection: Collection,
): Promise<ShapeFault[]> {
  const declared = modules.flatMap((module) => Object.keys(module.variables));
  const unread = Object.entries(variables).filter(([name]) => !declared.includes(name));
  if (unread.length === 0) return [];
  // One that is broken is told of where a role uses it.
  const all = await Promise.all(collection.names.map((name) => collection.find(name).catch(() => undefined)));
  const elsewhere = all.flatMap((module) => Object.keys(module?.variables ?? {}));
  return unread
    .filter(([name]) => !elsewhere.includes(name))
    .map(([name, { at }]) => ({
      at,
      path: `variables.${name}`,
      message: `no module has a variable ${name}`,
      expected:
        declared.length === 0 ? 'none: these modules have no variables' : `one of ${declared.join(', ')}`,
      suggestion: nearest(name, declared),
    }));
}

/** A module's variable whose value is written in the catalogue is judged here, others when they are read. */
function misfits(name: string, value: VariableValue, modules: readonly Module[]): ShapeFault[] {
  if (value.from !== 'catalogue') return [];
  return modules.flatMap(({ name: module, variables: { [name]: variable } }) => {
    const problem = variable && problemOf(name, value.text, variable);
    if (problem === undefined) return [];
    const { message, expected } = problem;
    return [
      {
        at: value.at,
        path: `variables.${name}`,
        message: `variables.${name} ${message} (module ${module})`,
        expected,
      },
    ];
  });
}

const problemOf = (name: string, text: string, variable: Variable) =>
  variable.secret
    ? {
        message: 'is a secret, and no catalogue holds one',
        expected: `{env: ${name.toUpperCase()}} or {file: PATH}`,
      }
    : typeProblem(text, variable);
