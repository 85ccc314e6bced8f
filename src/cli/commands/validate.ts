import { payloadFor } from '../../actions/artifacts/payloads.ts';
import { openCatalogue } from '../../actions/catalogue.ts';
import type { Module } from '../../bundle/module.ts';
import { type Catalogue, CatalogueError } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import { RolecallError, UsageError } from '../../errors.ts';
import type { BundleKey, LaunchId, Nonce } from '../../model.ts';
import { noteText, scriptError } from '../../scripts/script.ts';
import { counted, printable } from '../../text.ts';
import { type Fault, faultDocuments } from '../../yaml/faults.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { catalogueOptions, OUTPUT } from '../options.ts';
import { print } from '../print.ts';

/** `rolecall validate`: every fault of the catalogue at once (exit 2), or one line that it is sound. */
export const validate = command({
  options: { ...catalogueOptions, output: OUTPUT },
  examples: [['rolecall validate', 'check the roles.yaml of this folder or of one above it']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const notes = await resolveAll(catalogue, values.region, host);
    const { label, roles, environments, contexts } = catalogue;
    const found = [
      counted(roles.length, 'role'),
      counted(environments.length, 'environment'),
      counted(contexts.length, 'context'),
    ];
    for (const note of notes) host.terminal.stderr.write(`note: ${printable(noteText(note))}\n`);
    return print(values.output, host, {
      text: () => `${label}: no faults (${found.join(', ')})\n`,
      document: () => ({ catalogue: catalogue.path, faults: [], notes: faultDocuments(notes) }),
    });
  },
});

/**
 * A catalogue is sound only if each role can be launched in every environment and context, its payload included, and if no
 * script that its machines would run is known to fail. @returns notes on the scripts
 */
async function resolveAll(
  catalogue: Catalogue,
  region: string | undefined,
  { cwd, signal }: Host,
): Promise<readonly Fault[]> {
  const [{ resolveRole }, { checkDeploys }, { catalogueScripts, moduleScripts }, { checkScripts }] =
    await Promise.all([
      import('../../catalogue/resolve.ts'),
      import('../../actions/artifacts/build.ts'),
      import('../../actions/script-checks.ts'),
      import('../../scripts/check.ts'),
    ]);
  const modules = new Map<string, Module>();
  const problems = new Map<string, string | undefined>();
  const faults = new Map<string, Fault>();
  for (const choice of choices(catalogue)) {
    try {
      const role = resolveRole(catalogue, choice, { region });
      checkDeploys(role, catalogue, {});
      const checked = await checkedBundle(role, catalogue, cwd);
      for (const fault of checked.faults) faults.set(`${fault.line}:${fault.column}:${fault.message}`, fault);
      for (const module of checked.modules) modules.set(module.folder, module);
      await payloadFor({ role, ...LONGEST }, role.bundle === undefined ? {} : { bundle: LONG_BUNDLE });
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

/** A role's modules, and what they find wrong in it. */
async function checkedBundle(
  { bundle }: Role,
  catalogue: Catalogue,
  cwd: string,
): Promise<{ readonly modules: readonly Module[]; readonly faults: readonly Fault[] }> {
  if (bundle === undefined) return { modules: [], faults: [] };
  const { checkRole } = await import('../../actions/artifacts/role-bundle.ts');
  return await checkRole(bundle, catalogue, cwd);
}

/** What a launch may add to a payload at most. */
const LONGEST = { launch: 'x'.repeat(64) as LaunchId, nonce: '0'.repeat(32) as Nonce };

/** A URL that is signed with temporary credentials. */
const LONG_BUNDLE = {
  pinned: {
    url: `https://${'x'.repeat(2000)}`,
    key: '0'.repeat(64) as BundleKey,
    sha256: '0'.repeat(64),
    compression: 'gzip',
  },
} as const;

const choices = ({ roles, environments, contexts }: Catalogue) =>
  roles.flatMap(({ name: role }) =>
    environments.flatMap((environment) => contexts.map((context) => ({ role, environment, context }))),
  );
