import { useCases } from '../../api/use-cases.ts';
import { exitCode } from '../../errors.ts';
import { outputOf } from '../../files/output-target.ts';
import { jsonReport } from '../../reporters/json.ts';
import { pageHtml } from '../../reporters/page/page.ts';
import { pageData } from '../../results/outcome.ts';
import { write } from '../../terminal/streams.ts';
import { defuserFor } from '../../terminal/workflow.ts';
import { command } from '../command.ts';
import { cloudOptions, LAUNCH, launchNamed, OUTPUT, reportOptions } from '../options.ts';
import { checkAgainst } from '../progress.ts';
import { reportFiles, writeReportFile } from '../reports.ts';

/** `rolecall report LAUNCH`: what became of a launch, as one HTML page. */
export default command({
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
    launch: LAUNCH,
  },
  examples: [
    ['rolecall report 20261121-215140-9f3a2c', 'one HTML page, here'],
    [
      'rolecall report 20261128-090000-77aa01 --against 20261121-215140-9f3a2c',
      'compared with an earlier launch',
    ],
  ],
  run: async (values, host) => {
    const launch = launchNamed(values.launch);
    const json = values.output === 'json';
    const given = values.report ?? (json ? undefined : `rolecall-${launch}.html`);
    // Before anything is asked for.
    const [file] = reportFiles({ report: given }, host.cwd);
    checkAgainst({ against: values.against, report: given });
    const { outcome, against } = await useCases(values, host).report({
      launch,
      against: values.against,
      defuse: defuserFor(host.env),
    });
    if (file !== undefined)
      await writeReportFile(file, pageHtml(pageData(outcome, host.clock.now(), against)));
    const { stdout } = host.terminal;
    if (json) await write(stdout, jsonReport(outcome.document));
    else if (file !== undefined && (await outputOf(file.path)).kind === 'file')
      await write(stdout, `${file.given}\n`);
    return exitCode('ok');
  },
});
