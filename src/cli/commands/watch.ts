import { useCases } from '../../api/use-cases.ts';
import type { OutputFormat } from '../../reporters/progress.ts';
import { command } from '../command.ts';
import { cloudOptions, LAUNCH, LIVE_OUTPUT, launchNamed, reportOptions, TIMEOUT } from '../options.ts';
import { runChoice, ShownRun } from '../progress.ts';

/** `rolecall watch LAUNCH`: follows machines that run already, from wherever they were launched. */
export default command({
  positionals: '<launch>',
  options: {
    ...cloudOptions,
    timeout: TIMEOUT,
    output: LIVE_OUTPUT,
    ...reportOptions,
    launch: LAUNCH,
  },
  run: async (values, host) => {
    const launch = launchNamed(values.launch);
    const shown = new ShownRun({ ...values, output: values.output as OutputFormat }, host);
    return await shown.show(useCases(values, host).watch({ ...values, launch, ...runChoice(values, host) }));
  },
});
