import type { ModuleUse } from '../catalogue/role.ts';
import type { ShapeFault } from '../yaml/check.ts';
import type { Module } from './module.ts';

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
