import { type Catalogue, CatalogueError } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { Fault } from '../document/faults.ts';
import { RolecallError, UsageError } from '../errors.ts';
import { counted } from '../io/text.ts';
import type { BundleKey, LaunchId, Nonce } from '../nouns.ts';
import { openCatalogue } from './catalogue.ts';
import { command } from './command.ts';
import { catalogueOptions, OUTPUT } from './options.ts';
import { payloadFor } from './payloads.ts';
import { print } from './print.ts';

/** `rolecall validate`: every fault of the catalogue at once (exit 2), or one line that it is sound. */
export const validate = command({
  options: { ...catalogueOptions, output: OUTPUT },
  examples: [['rolecall validate', 'check the roles.yaml of this folder or of one above it']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    await resolveAll(catalogue, values.region, host.cwd);
    const { label, roles, environments, contexts } = catalogue;
    const found = [
      counted(roles.length, 'role'),
      counted(environments.length, 'environment'),
      counted(contexts.length, 'context'),
    ];
    return print(values.output, host, {
      text: () => `${label}: no faults (${found.join(', ')})\n`,
      document: () => ({ catalogue: catalogue.path, faults: [] }),
    });
  },
});

/** A catalogue is sound only if each role can be launched in every environment and context, its payload included. */
async function resolveAll(catalogue: Catalogue, region: string | undefined, cwd: string): Promise<void> {
  const [{ resolveRole }, { checkDeploys }] = await Promise.all([
    import('../catalogue/resolve.ts'),
    import('./build-pin.ts'),
  ]);
  const problems = new Map<string, string | undefined>();
  const faults = new Map<string, Fault>();
  for (const choice of choices(catalogue)) {
    try {
      const role = resolveRole(catalogue, choice, { region });
      checkDeploys(role, catalogue, {});
      for (const fault of await bundleFaults(role, catalogue, cwd))
        faults.set(`${fault.line}:${fault.column}:${fault.message}`, fault);
      await payloadFor({ role, ...LONGEST }, role.bundle === undefined ? {} : { bundle: LONG_BUNDLE });
    } catch (error) {
      if (!(error instanceof RolecallError)) throw error;
      problems.set(error.message, error.hint);
    }
  }
  if (faults.size > 0)
    throw new CatalogueError([...faults.values()].sort((one, other) => one.line - other.line));
  if (problems.size === 0) return;
  throw new UsageError([...problems.keys()].join('\n'), { hint: [...problems.values()][0] });
}

/** What a role's modules find wrong in it. */
async function bundleFaults({ bundle }: Role, catalogue: Catalogue, cwd: string): Promise<readonly Fault[]> {
  if (bundle === undefined) return [];
  const { checkRole } = await import('./role-bundle.ts');
  return (await checkRole(bundle, catalogue, cwd)).faults;
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
