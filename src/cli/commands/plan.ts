import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { openCatalogue } from '../../actions/catalogue.ts';
import type { LaunchRequest } from '../../actions/launch-request.ts';
import { UsageError } from '../../errors.ts';
import { painter } from '../../terminal/paint.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command, type Values } from '../command.ts';
import type { Host } from '../context.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  OUTPUT,
  overrideOptions,
  packingOptions,
  roleOptions,
} from '../options.ts';
import { print } from '../print.ts';

const options = {
  ...roleOptions,
  count: { type: 'number', requiresArg: true, describe: 'How many machines (default: 1)' },
  ...deployedBuildOptions,
  'build-dir': {
    type: 'string',
    requiresArg: true,
    describe: 'Local folder that stands for the build, so that nothing has to be looked up',
  },
  ...overrideOptions,
  ...packingOptions,
  ...cloudOptions,
  'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
  output: OUTPUT,
} as const;

/**
 * `rolecall plan`: all that launch would do, and nothing done. S3 is asked only for a role that deploys an app: which build
 * that is. What a launch signs is signed here too, which takes credentials but asks nobody.
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
    const [{ completeIntent, requestOf }, { askLaunch }, { planOf }, { planDocument, renderPlan }] =
      await Promise.all([
        import('../../actions/launch-request.ts'),
        import('../prompts/ask.ts'),
        import('../../actions/plan.ts'),
        import('../../reporters/plan.ts'),
      ]);
    const draft = await requestOf(values, await askLaunch(values, catalogue, host), catalogue, host);
    const buildDir = folderOf(values, draft, host);
    const [{ previewPins }, { planScripts }] = await Promise.all([
      import('../../actions/preview.ts'),
      import('../../actions/plan-scripts.ts'),
    ]);
    const scripts = await planScripts(draft, catalogue, buildDir, host.signal);
    const { pins, estimate } = await previewPins(values, draft, catalogue, host, buildDir === undefined);
    const shown = planOf(await completeIntent(draft, pins), catalogue, {
      buildDir,
      estimate,
      scripts,
    });
    const { stdout, colour } = host.terminal;
    return print(values.output, host, {
      text: () => renderPlan(shown, host.clock.now(), painter(colour.stdout), widthFor(stdout)),
      document: () => planDocument(shown),
    });
  },
});

/** @throws UsageError */
function folderOf(values: Values<typeof options>, { role }: LaunchRequest, host: Host): string | undefined {
  const given = values['build-dir'];
  if (given === undefined) return undefined;
  if (role.app === undefined)
    throw new UsageError(`the role ${role.role} deploys no app, so --build-dir means nothing`, {
      hint: 'leave it out: the init scripts are those of the AMI',
    });
  if (values.build !== undefined || values['build-sha256'] !== undefined)
    throw new UsageError('--build-dir names a build, and so does --build or --build-sha256', {
      hint: 'give one of them',
    });
  const folder = resolve(host.cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageError(`there is no folder ${folder}`, {
    hint: 'give the folder that would become the build',
  });
}
