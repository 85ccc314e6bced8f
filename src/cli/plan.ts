import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import { painter } from '../io/paint.ts';
import { widthFor } from '../io/terminal.ts';
import type { Pin } from './build-pin.ts';
import { openCatalogue } from './catalogue.ts';
import { command, type Values } from './command.ts';
import type { Host } from './host.ts';
import type { Draft } from './intent.ts';
import { BUILD, cloudOptions, OUTPUT, overrideOptions, roleOptions } from './options.ts';
import type { Pins } from './pins.ts';
import { print } from './print.ts';

const options = {
  ...roleOptions,
  count: { type: 'number', requiresArg: true, describe: 'How many machines (default: 1)' },
  build: BUILD,
  'build-dir': {
    type: 'string',
    requiresArg: true,
    describe: 'Local folder that stands for the build, so that nothing has to be looked up',
  },
  ...overrideOptions,
  ...cloudOptions,
  'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
  output: OUTPUT,
} as const;

/**
 * `rolecall plan`: all that launch would do, and nothing done. Only for a role that deploys an app something is asked:
 * which build that is.
 */
export const plan = command({
  options,
  examples: [
    ['rolecall plan --role memcached --env prod --context b', 'what would happen'],
    [
      'rolecall plan --role shop --env prod --context b --build-dir .',
      'which init script of this folder would run',
    ],
  ],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const [{ askIntent, completeIntent, draftIntent }, { planOf }, { planDocument, renderPlan }] =
      await Promise.all([import('./intent.ts'), import('./plan-of.ts'), import('../report/plan.ts')]);
    const draft = await draftIntent(values, await askIntent(values, catalogue, host), catalogue, host);
    const buildDir = folderOf(values, draft, host);
    const pins = await pinsOf(values, draft, buildDir, catalogue, host);
    const shown = planOf(await completeIntent(draft, pins), catalogue, buildDir);
    const { stdout, colour } = host.terminal;
    return print(values.output, host, {
      text: () => renderPlan(shown, host.clock.now(), painter(colour.stdout), widthFor(stdout)),
      document: () => planDocument(shown),
    });
  },
});

/** @throws UsageError */
function folderOf(values: Values<typeof options>, { role }: Draft, host: Host): string | undefined {
  const given = values['build-dir'];
  if (given === undefined) return undefined;
  if (role.app === undefined)
    throw new UsageError(`the role ${role.role} deploys no app, so --build-dir means nothing`, {
      hint: 'leave it out: the init scripts are those of the AMI',
    });
  if (values.build !== undefined)
    throw new UsageError('--build and --build-dir both name a build', { hint: 'give one of them' });
  const folder = resolve(host.cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageError(`there is no folder ${folder}`, {
    hint: 'give the folder that would become the build',
  });
}

async function pinsOf(
  values: Values<typeof options>,
  draft: Draft,
  buildDir: string | undefined,
  catalogue: Catalogue,
  host: Host,
): Promise<Pins> {
  const { bundle, launch, role } = draft;
  const beacon = role.beacons ? { pinned: (await import('./beacon-pin.ts')).previewBeacon(role) } : undefined;
  if (bundle !== undefined)
    return {
      bundle: await (await import('./bundle-pin.ts')).previewBundle(bundle, launch, role, host),
      beacon,
    };
  return buildDir === undefined ? { build: await pinOf(values, draft, catalogue, host), beacon } : { beacon };
}

async function pinOf(
  values: Values<typeof options>,
  { role, launch, isNew }: Draft,
  catalogue: Catalogue,
  host: Host,
): Promise<Pin | undefined> {
  if (role.app === undefined) return undefined;
  const [{ openBucket }, { pinBuild }, { recordsOf }, { readLaunch }] = await Promise.all([
    import('./bucket.ts'),
    import('./build-pin.ts'),
    import('./records.ts'),
    import('../launch/book.ts'),
  ]);
  const { bucket, place, close } = await openBucket(values, catalogue, role.region, host);
  try {
    const recorded = isNew
      ? undefined
      : (await readLaunch(await recordsOf(place, catalogue, host), launch))?.build;
    return await pinBuild(role, bucket, { tag: values.build, recorded });
  } finally {
    await close();
  }
}
