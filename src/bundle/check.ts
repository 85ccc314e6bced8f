import type { BundleSettings, ModuleUse, VariableValue } from '../catalogue/role.ts';
import { nearest } from '../suggest.ts';
import type { ShapeFault } from '../yaml/check.ts';
import type { Collection } from './collection.ts';
import { type Module, typeProblem, type Variable } from './module.ts';

/** The modules of a role, or everything in its settings that doesn't fit them. */
interface Checked {
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
    const path = `variables.${name}`;
    const message = `${path} ${problem.message} (module ${module})`;
    return [{ at: value.at, path, message, expected: problem.expected }];
  });
}

const problemOf = (name: string, text: string, variable: Variable) =>
  variable.secret
    ? {
        message: 'is a secret, and no catalogue holds one',
        expected: `{env: ${name.toUpperCase()}} or {file: PATH}`,
      }
    : typeProblem(text, variable);

/** Where a role's order breaks what its modules declare (`after`), and where no order could keep it. */
export function orderFaults(uses: readonly ModuleUse[], modules: readonly Module[]): ShapeFault[] {
  const cycle = findCycle(modules);
  if (cycle !== undefined) {
    const use = uses.find(({ name }) => name === cycle[0]);
    const message = `no order fits these modules: ${cycle.map((name, index) => (index === 0 ? name : `after ${name}`)).join(', ')}`;
    const expected = 'modules that do not each come after the other: mend their module.yaml';
    return use === undefined ? [] : [{ at: use.at, path: 'modules', message, expected }];
  }
  return modules.flatMap((module, index) =>
    modules.slice(index + 1).flatMap((later) => {
      const wanted = module.after.find((name) => gives(later, name));
      const use = uses.find(({ name }) => name === module.name);
      if (wanted === undefined || use === undefined) return [];
      const reason = wanted === later.name ? '' : `, which provides ${wanted}`;
      const message = `the module ${module.name} must come after ${later.name}${reason}`;
      return [{ at: use.at, path: 'modules', message, expected: `${later.name} earlier in the list` }];
    }),
  );
}

const gives = ({ name, provides }: Module, wanted: string): boolean =>
  name === wanted || provides.includes(wanted);

/** A module may provide what it comes after: that is no cycle. */
const comesAfter = (module: Module, modules: readonly Module[]): Module[] =>
  modules.filter((other) => other !== module && module.after.some((wanted) => gives(other, wanted)));

/** The names of a cycle, its first again at the end. */
function findCycle(modules: readonly Module[]): string[] | undefined {
  const done = new Set<string>();
  const visit = (module: Module, path: readonly string[]): string[] | undefined => {
    if (path.includes(module.name)) return [...path.slice(path.indexOf(module.name)), module.name];
    if (done.has(module.name)) return undefined;
    for (const earlier of comesAfter(module, modules)) {
      const cycle = visit(earlier, [...path, module.name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(module.name);
    return undefined;
  };
  for (const module of modules) {
    const cycle = visit(module, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
