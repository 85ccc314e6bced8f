import { useCases } from '../../api/use-cases.ts';
import { planDocument, renderPlan } from '../../reporters/plan.ts';
import { painter } from '../../terminal/paint.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command } from '../command.ts';
import {
  COUNT,
  cloudOptions,
  deployedBuildOptions,
  LAUNCH_ID,
  OUTPUT,
  overrideOptions,
  packingOptions,
  roleOptions,
} from '../options.ts';
import { print } from '../print.ts';
import { askLaunch } from '../prompts/picker.ts';

const options = {
  ...roleOptions,
  count: COUNT,
  ...deployedBuildOptions,
  'build-dir': {
    type: 'string',
    describe: 'Local folder that stands for the build, so that nothing has to be looked up',
  },
  ...overrideOptions,
  ...packingOptions,
  ...cloudOptions,
  'launch-id': LAUNCH_ID,
  output: OUTPUT,
} as const;

/**
 * `rolecall plan`: all that launch would do, and nothing done. S3 is asked only for a role that deploys an app: which build
 * that is. What a launch signs is signed here too, which takes credentials but asks nobody.
 */
export default command({
  options,
  examples: [
    ['rolecall plan --role memcached --env prod --context b', 'what would happen'],
    [
      'rolecall plan --role shop --env prod --context b --build-dir .',
      'which init script of this folder would run',
    ],
  ],
  run: async (values, host) => {
    const rolecall = useCases(values, host);
    const answers = await askLaunch(values, await rolecall.catalogue(), host);
    const shown = await rolecall.plan({ ...values, ...answers });
    const { stdout, colour } = host.terminal;
    return print(values.output, host, {
      text: () => renderPlan(shown, host.clock.now(), painter(colour.stdout), widthFor(stdout)),
      document: () => planDocument(shown),
    });
  },
});
