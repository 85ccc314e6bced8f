import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownSecrets } from '../../aws/own-secrets.ts';
import { verifyLock } from '../../bundle/lock.ts';
import type { Module } from '../../bundle/module.ts';
import type { StartedModule } from '../../bundle/parts.ts';
import { packedPaths } from '../../bundle/places.ts';
import { type ModuleValues, valuesOf } from '../../bundle/read-values.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { parseCatalogue } from '../../catalogue/parse.ts';
import { resolveRole } from '../../catalogue/resolve.ts';
import type { BundleSettings } from '../../catalogue/role.ts';
import { UsageError } from '../../errors.ts';
import { packageRoot } from '../../files/package-root.ts';
import { newLaunchId, newNonce } from '../../launch/identity.ts';
import { noteText } from '../../scripts/script.ts';
import { printable } from '../../text.ts';
import { bundleLibrary, checkPlaces, type PackingWords, type RoleBundle } from '../artifacts/role-bundle.ts';
import { bundleSource } from '../artifacts/start-up-bundle.ts';
import { launch } from '../launch.ts';
import type { RunChoice, RunEvent } from '../run.ts';
import type { Runtime } from '../runtime.ts';
import { moduleScripts, requireSound } from '../script-checks.ts';
import type { CloudChoice } from '../session.ts';
import { collectionNear, requireModule, shelvesNear } from './collection.ts';

/** Which module is tested, and what its test may do. */
export interface ModuleTestInput extends Omit<CloudChoice, 'local'>, RunChoice, PackingWords {
  readonly name: string;
  /** Time for the whole test (`10m`); absent: the modules' own limits, and a margin. */
  readonly timeout?: string | undefined;
  /** The machine gets a way out, through a proxy. */
  readonly network: boolean;
}

/** What a module's test is not told by the module: booting, and ending two runs of it. */
const MARGIN_MS = 120_000;

/** Tests a module: in a local cloud of its own, started twice, since machines may be started again; then its test.sh. */
export async function* testModule(
  input: ModuleTestInput,
  runtime: Runtime,
): AsyncGenerator<RunEvent, void, void> {
  const collection = await collectionNear(input, runtime);
  const module = await requireModule(collection, input.name);
  refuseOwnNetwork(module, input.network);
  const before = await Promise.all(
    module.test.modules.map((name) => requireModule(collection, name, `${module.name}'s test`)),
  );
  const { own, folder } = await shelvesNear(input, runtime);
  await verifyLock(own, [...before, module]);
  const home = { path: join(folder, 'roles.yaml') };
  const notes = await requireSound(await moduleScripts([...before, module], home), runtime.signal);
  const tested = existsSync(join(module.folder, 'test.sh'));
  const started: StartedModule[] = [
    ...before.map((each) => ({ as: each.name, module: each })),
    { as: module.name, module },
    { as: `${module.name}-again`, module },
    ...(tested ? [{ as: `${module.name}-test`, module, test: true as const }] : []),
  ];
  const catalogue = testCatalogue(module, input.network, input.timeout ?? `${seconds(started)}s`);
  const role = resolveRole(catalogue, { role: module.name, environment: 'test', context: 'a' });
  if (role.bundle === undefined) throw new Error('a role with modules has a bundle');
  const bundle = await testBundle(role.bundle, module, started, { input, folder, runtime });
  for (const note of notes) runtime.user.tell(`note: ${printable(noteText(note))}`);
  if (!tested)
    runtime.user.tell(
      `note: ${module.name} has no test.sh: it is started twice, and nothing looks at what it did`,
    );
  const request = {
    role,
    source: bundleSource(bundle),
    count: 1,
    launch: newLaunchId(runtime.clock, randomBytes),
    isNew: true,
    nonce: newNonce(randomBytes),
  };
  yield* launch(request, { ...input, catalogue: undefined, local: true, alone: true }, catalogue, runtime);
}

/** The machine keeps a tenth of its time for the report: the modules' own limits shall end them. */
function seconds(started: readonly StartedModule[]): number {
  const limitsMs = started.reduce((sum, { module }) => sum + module.timeoutMs, 0);
  return Math.ceil((limitsMs + MARGIN_MS) / 900);
}

/** A module may be anybody's: what it asks for, only the operator grants. @throws UsageError where he has to be asked */
function refuseOwnNetwork({ name, test }: Module, granted: boolean): void {
  if (!test.network || granted) return;
  throw new UsageError(`the test of ${name} needs the network (test.network in its module.yaml)`, {
    hint: `to give its machine a way out, through a proxy: rolecall module test ${name} --network`,
  });
}

/** The catalogue that a test is launched from: a bare machine. */
function testCatalogue({ name, description }: Module, network: boolean, timeout: string): Catalogue {
  const text = JSON.stringify({
    version: 1,
    name: 'module-test',
    region: 'eu-central-1',
    ami: 'ami-0123456789abcdef0',
    bucket: 'module-test-rolecall',
    local_image: { network },
    environments: { test: null },
    contexts: { a: null },
    roles: { [name]: { description, instance_type: 't3.small', modules: [name], timeout } },
  });
  const parsed = parseCatalogue(text, 'the test', join(packageRoot(), 'roles.yaml'));
  if (parsed.ok) return parsed.catalogue;
  throw new UsageError(
    `the test of ${name} can't be made: ${parsed.faults.map(({ message }) => message).join('; ')}`,
    {
      hint: 'check --timeout',
    },
  );
}

interface TestPlace {
  readonly input: ModuleTestInput;
  /** The catalogue's folder, or the one that `modules` lies in. */
  readonly folder: string;
  readonly runtime: Runtime;
}

/** @throws UsageError, also for a module from outside of the repository that was not let in */
async function testBundle(
  settings: BundleSettings,
  module: Module,
  started: readonly StartedModule[],
  { input, folder, runtime }: TestPlace,
): Promise<RoleBundle> {
  const modules = started.map(({ module: each }) => each);
  const values = new Map<string, ModuleValues>(started.map(({ as, module: each }) => [as, testValues(each)]));
  const subject = { noun: `the test of ${module.name}` };
  const at = settings.modules[0]?.at;
  const uses = [...new Set(modules)].flatMap(({ name }) => (at === undefined ? [] : [{ name, at }]));
  const paths = await packedPaths({ ...settings, modules: uses }, modules, folder);
  const outside = await checkPlaces(paths, folder, input, subject, runtime);
  const parts = { modules: started, values, files: {}, library: bundleLibrary() };
  const permitted = input.allowSecret ?? [];
  const judging = { own: await ownSecrets(runtime.env), values: [], permitted, subject };
  return { settings, modules: [module], parts, judging, outside };
}

/** @throws UsageError for a test without a value that every role must give */
function testValues(module: Module): ModuleValues {
  const { name, variables, test } = module;
  const lacking = Object.keys(variables).find(
    (variable) => variables[variable]?.required && !Object.hasOwn(test.variables, variable),
  );
  if (lacking === undefined) return valuesOf(module, new Map(Object.entries(test.variables)));
  throw new UsageError(`the test of ${name} gives no value to ${lacking}, which ${name} requires`, {
    hint: `write it into the module.yaml of ${name}: test: {variables: {${lacking}: ...}}`,
  });
}
