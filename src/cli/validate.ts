import type { Catalogue } from '../catalogue/catalogue.ts';
import { RolecallError, UsageError } from '../errors.ts';
import { counted } from '../io/text.ts';
import type { LaunchId, Nonce } from '../nouns.ts';
import { openCatalogue } from './catalogue.ts';
import { command } from './command.ts';
import { catalogueOptions, OUTPUT } from './options.ts';
import { print } from './print.ts';

/** `rolecall validate`: every fault of the catalogue at once (exit 2), or one line that it is sound. */
export const validate = command({
  options: { ...catalogueOptions, output: OUTPUT },
  examples: [['rolecall validate', 'check the roles.yaml of this folder or of one above it']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    await resolveAll(catalogue, values.region);
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
async function resolveAll(catalogue: Catalogue, region: string | undefined): Promise<void> {
  const [{ resolveRole }, { personalityPayload }, { checkDeploys }] = await Promise.all([
    import('../catalogue/resolve.ts'),
    import('../payload/personality.ts'),
    import('./build-pin.ts'),
  ]);
  const problems = new Map<string, string | undefined>();
  for (const choice of choices(catalogue)) {
    try {
      const role = resolveRole(catalogue, choice, { region });
      checkDeploys(role, catalogue, undefined);
      personalityPayload(role, LONGEST);
    } catch (error) {
      if (!(error instanceof RolecallError)) throw error;
      problems.set(error.message, error.hint);
    }
  }
  if (problems.size === 0) return;
  throw new UsageError([...problems.keys()].join('\n'), { hint: [...problems.values()][0] });
}

/** What a launch may add to a payload at most. */
const LONGEST = { launch: 'x'.repeat(64) as LaunchId, nonce: '0'.repeat(32) as Nonce };

const choices = ({ roles, environments, contexts }: Catalogue) =>
  roles.flatMap(({ name: role }) =>
    environments.flatMap((environment) => contexts.map((context) => ({ role, environment, context }))),
  );
