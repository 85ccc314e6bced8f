import { painter } from '../io/paint.ts';
import { widthFor } from '../io/terminal.ts';
import { openCatalogue } from './catalogue.ts';
import { command } from './command.ts';
import { cloudOptions, OUTPUT, overrideOptions, roleOptions } from './options.ts';
import { print } from './print.ts';

/** `rolecall plan`: all that launch would do, and nothing done: no request leaves this machine. */
export const plan = command({
  options: {
    ...roleOptions,
    count: { type: 'number', requiresArg: true, describe: 'How many machines (default: 1)' },
    ...overrideOptions,
    ...cloudOptions,
    'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
    output: OUTPUT,
  },
  examples: [['rolecall plan --role memcached --env prod --context b', 'what would happen']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const [{ askIntent, makeIntent }, { planOf }, { planDocument, renderPlan }] = await Promise.all([
      import('./intent.ts'),
      import('./plan-of.ts'),
      import('../report/plan.ts'),
    ]);
    const answers = await askIntent(values, catalogue, host);
    const shown = await planOf(await makeIntent(values, answers, catalogue, host), catalogue);
    const { stdout, colour } = host.terminal;
    return print(values.output, host, {
      text: () => renderPlan(shown, painter(colour.stdout), widthFor(stdout)),
      document: () => planDocument(shown),
    });
  },
});
