import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleLibrary, checkPlaces, type RoleBundle } from '../../../actions/artifacts/role-bundle.ts';
import { launch } from '../../../actions/launch.ts';
import { collectionNear, shelvesNear } from '../../../actions/modules.ts';
import { moduleScripts, requireSound } from '../../../actions/script-checks.ts';
import { ownSecrets } from '../../../aws/own-secrets.ts';
import type { Collection } from '../../../bundle/collection.ts';
import { verifyLock } from '../../../bundle/lock.ts';
import type { Module } from '../../../bundle/module.ts';
import type { StartedModule } from '../../../bundle/parts.ts';
import { packedPaths } from '../../../bundle/places.ts';
import { type ModuleValues, valuesOf } from '../../../bundle/read-values.ts';
import type { Catalogue } from '../../../catalogue/catalogue.ts';
import { parseCatalogue } from '../../../catalogue/parse.ts';
import { resolveRole } from '../../../catalogue/resolve.ts';
import type { BundleSettings } from '../../../catalogue/role.ts';
import { type ExitCode, UsageError } from '../../../errors.ts';
import { packageRoot } from '../../../files/package-root.ts';
import { newLaunchId, newNonce } from '../../../launch/identity.ts';
import { noteText } from '../../../scripts/script.ts';
import { nearest } from '../../../suggest.ts';
import { printable } from '../../../text.ts';
import type { Host } from '../../context.ts';
import { ShownRun } from '../../progress.ts';
import { runChoice } from '../../run-choice.ts';
import type { ModuleTestValues } from './test.ts';

/** What a module's test is not told by the module: booting, and ending two runs of it. */
const MARGIN_MS = 120_000;

/** Tests a module: in a local cloud of its own, started twice, since machines may be started again; then its test.sh. */
export async function runModuleTest(values: ModuleTestValues, host: Host): Promise<ExitCode> {
  const collection = await collectionNear(values, host);
  const module = await require(collection, values.name, values.name);
  refuseOwnNetwork(module, values.network);
  const before = await Promise.all(
    module.test.modules.map((name) => require(collection, name, `${module.name}'s test`)),
  );
  const { own, folder } = await shelvesNear(values, host);
  await verifyLock(own, [...before, module]);
  const home = { path: join(folder, 'roles.yaml') };
  const notes = await requireSound(await moduleScripts([...before, module], home), host.signal);
  const tested = existsSync(join(module.folder, 'test.sh'));
  const started: StartedModule[] = [
    ...before.map((each) => ({ as: each.name, module: each })),
    { as: module.name, module },
    { as: `${module.name}-again`, module },
    ...(tested ? [{ as: `${module.name}-test`, module, test: true as const }] : []),
  ];
  const catalogue = testCatalogue(module, values.network, values.timeout ?? `${seconds(started)}s`);
  const choice = { role: module.name, environment: 'test', context: 'a' };
  const role = resolveRole(catalogue, choice);
  if (role.bundle === undefined) throw new Error('a role with modules has a bundle');
  const bundle = await testBundle(role.bundle, module, started, { values, folder, host });
  for (const note of notes) host.terminal.stderr.write(`note: ${printable(noteText(note))}\n`);
  if (!tested)
    host.terminal.stderr.write(
      `note: ${module.name} has no test.sh: it is started twice, and nothing looks at what it did\n`,
    );
  const request = {
    role,
    bundle,
    count: 1,
    launch: newLaunchId(host.clock, randomBytes),
    isNew: true,
    nonce: newNonce(randomBytes),
  };
  const where = { profile: values.profile, region: values.region, catalogue: undefined, local: true };
  const run = launch(request, { ...where, ...runChoice({}, host), alone: true }, catalogue, host);
  return await new ShownRun({ output: values.output }, host).show(run);
}

async function require(collection: Collection, name: string, asker: string): Promise<Module> {
  const found = await collection.find(name);
  if (found !== undefined) return found;
  const near = nearest(name, collection.names);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(
    asker === name
      ? `there is no module ${name}${meant}`
      : `${asker} needs a module ${name}, which there isn't${meant}`,
    { hint: `there are ${collection.names.join(', ')}` },
  );
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
  readonly values: ModuleTestValues;
  /** The catalogue's folder, or the one that `modules` lies in. */
  readonly folder: string;
  readonly host: Host;
}

/** @throws UsageError, also for a module from outside of the repository that was not let in */
async function testBundle(
  settings: BundleSettings,
  module: Module,
  started: readonly StartedModule[],
  { values: words, folder, host }: TestPlace,
): Promise<RoleBundle> {
  const modules = started.map(({ module: each }) => each);
  const values = new Map<string, ModuleValues>(started.map(({ as, module: each }) => [as, testValues(each)]));
  const subject = { noun: `the test of ${module.name}` };
  const at = settings.modules[0]?.at;
  const uses = [...new Set(modules)].flatMap(({ name }) => (at === undefined ? [] : [{ name, at }]));
  const paths = await packedPaths({ ...settings, modules: uses }, modules, folder);
  const outside = await checkPlaces(paths, folder, words, subject, host);
  const parts = { modules: started, values, files: {}, library: bundleLibrary() };
  const permitted = words['allow-secret'] ?? [];
  const judging = { own: await ownSecrets(host.env), values: [], permitted, subject };
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
