import { UsageError } from '../../errors.ts';
import { isLaunchId } from '../../model.ts';
import { command } from '../command.ts';
import { cloudOptions, OUTPUT, reportOptions } from '../options.ts';

/** `rolecall report LAUNCH`: what became of a launch, as one HTML page. */
export const report = command({
  positionals: '<launch>',
  options: {
    ...cloudOptions,
    report: { ...reportOptions.report, describe: 'File for the report (default: rolecall-LAUNCH.html)' },
    against: reportOptions.against,
    output: {
      ...OUTPUT,
      describe:
        "Format of stdout: the report's path, or the JSON document of the launch (and no file without --report)",
    },
    launch: { type: 'string', hidden: true },
  },
  examples: [
    ['rolecall report 20261121-215140-9f3a2c', 'one HTML page, here'],
    [
      'rolecall report 20261128-090000-77aa01 --against 20261121-215140-9f3a2c',
      'compared with an earlier launch',
    ],
  ],
  run: async (values, host) => {
    const { launch } = values;
    if (launch === undefined || !isLaunchId(launch)) {
      throw new UsageError(`"${launch ?? ''}" is no launch id`, {
        hint: 'launch prints it; the tag rolecall:launch holds it',
      });
    }
    const { runReport } = await import('./report-run.ts');
    return runReport({ ...values, launch, json: values.output === 'json' }, host);
  },
});
