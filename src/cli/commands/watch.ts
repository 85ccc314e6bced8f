import { UsageError } from '../../errors.ts';
import { isLaunchId } from '../../model.ts';
import type { OutputFormat } from '../../reporters/progress.ts';
import { command } from '../command.ts';
import { cloudOptions, LIVE_OUTPUT, reportOptions, TIMEOUT } from '../options.ts';
import { runChoice } from '../run-choice.ts';

/** `rolecall watch LAUNCH`: follows machines that run already, from wherever they were launched. */
export const watch = command({
  positionals: '<launch>',
  options: {
    ...cloudOptions,
    timeout: TIMEOUT,
    output: LIVE_OUTPUT,
    ...reportOptions,
    launch: { type: 'string', hidden: true },
  },
  run: async (values, host) => {
    const { launch } = values;
    if (launch === undefined || !isLaunchId(launch)) {
      throw new UsageError(`"${launch ?? ''}" is no launch id`, {
        hint: 'launch prints it; the tag rolecall:launch holds it',
      });
    }
    const { watch: watching } = await import('../../actions/watch.ts');
    const { ShownRun } = await import('../progress.ts');
    const shown = new ShownRun({ ...values, output: values.output as OutputFormat }, host);
    return await shown.show(watching({ ...values, launch, ...runChoice(values, host) }, host));
  },
});
