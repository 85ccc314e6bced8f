import type { Module } from '../bundle/module.ts';
import { type Catalogue, CatalogueError } from '../catalogue/catalogue.ts';
import { resolveRole } from '../catalogue/resolve.ts';
import { RolecallError, UsageError } from '../errors.ts';
import type { LaunchId, Nonce } from '../model.ts';
import { checkScripts } from '../scripts/check.ts';
import { scriptError } from '../scripts/script.ts';
import type { Fault } from '../yaml/faults.ts';
import { checkDeploys } from './artifacts/build.ts';
import { schemeOf } from './artifacts/schemes.ts';
import type { Runtime } from './runtime.ts';
import { catalogueScripts, moduleScripts } from './script-checks.ts';
import { openCatalogue } from './session.ts';

/** Which catalogue is checked, and for which region. */
export interface ValidateInput {
  readonly catalogue?: string | undefined;
  readonly region?: string | undefined;
}

/** A catalogue without faults, and notes on the scripts that its machines would run. */
export interface Validated {
  readonly catalogue: Catalogue;
  readonly notes: readonly Fault[];
}

/** Checks a catalogue. @throws CatalogueError, DocumentError or UsageError with every fault at once */
export async function validate(input: ValidateInput, runtime: Runtime): Promise<Validated> {
  const catalogue = await openCatalogue(input, runtime);
  return { catalogue, notes: await resolveAll(catalogue, input.region, runtime) };
}

/**
 * A catalogue is sound only if each role can be launched in every environment and context, its payload included, and if no
 * script that its machines would run is known to fail. @returns notes on the scripts
 */
async function resolveAll(
  catalogue: Catalogue,
  region: string | undefined,
  { cwd, signal }: Runtime,
): Promise<readonly Fault[]> {
  const modules = new Map<string, Module>();
  const problems = new Map<string, string | undefined>();
  const faults = new Map<string, Fault>();
  for (const choice of choices(catalogue)) {
    try {
      const role = resolveRole(catalogue, choice, { region });
      checkDeploys(role, catalogue, {});
      const scheme = await schemeOf(role);
      const checked = await scheme.check(role, catalogue, cwd);
      for (const fault of checked.faults) faults.set(`${fault.line}:${fault.column}:${fault.message}`, fault);
      for (const module of checked.modules) modules.set(module.folder, module);
      scheme.longest({ role, ...LONGEST });
    } catch (error) {
      if (!(error instanceof RolecallError)) throw error;
      problems.set(error.message, error.hint);
    }
  }
  const scripts = [
    ...(await catalogueScripts(catalogue)),
    ...(await moduleScripts([...modules.values()], catalogue)),
  ];
  const checked = await checkScripts(scripts, signal);
  const ofCatalogue = [...faults.values()].sort((one, other) => one.line - other.line);
  if (ofCatalogue.length > 0) throw new CatalogueError([...ofCatalogue, ...checked.faults]);
  if (checked.faults.length > 0) throw scriptError(checked.faults);
  if (problems.size === 0) return checked.notes;
  throw new UsageError([...problems.keys()].join('\n'), { hint: [...problems.values()][0] });
}

/** What a launch may add to a payload at most. */
const LONGEST = { launch: 'x'.repeat(64) as LaunchId, nonce: '0'.repeat(32) as Nonce };

const choices = ({ roles, environments, contexts }: Catalogue) =>
  roles.flatMap(({ name: role }) =>
    environments.flatMap((environment) => contexts.map((context) => ({ role, environment, context }))),
  );
