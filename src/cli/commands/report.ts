import { dirname, resolve } from 'node:path';
import type { Report, ReportInput } from '../../actions/report.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { writeOutput } from '../../files/output-file.ts';
import { outputOf } from '../../files/output-target.ts';
import { isLaunchId } from '../../model.ts';
import { jsonReport } from '../../reporters/json.ts';
import { pageData } from '../../results/outcome.ts';
import { write } from '../../terminal/streams.ts';
import { defuserFor } from '../../terminal/workflow.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { cloudOptions, OUTPUT, reportOptions } from '../options.ts';
import { checkAgainst } from '../progress.ts';
import { reportFiles, writeProblem } from '../report-files.ts';

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
    return await makeReport({ ...values, launch }, host);
  },
});

type ReportWords = Pick<ReportInput, 'local' | 'catalogue' | 'region' | 'profile' | 'against' | 'launch'> & {
  readonly report?: string | undefined;
  readonly output: string;
};

async function makeReport(words: ReportWords, host: Host): Promise<ExitCode> {
  const { launch, against, output } = words;
  const json = output === 'json';
  const given = words.report ?? (json ? undefined : `rolecall-${launch}.html`);
  // Before anything is asked for.
  reportFiles({ report: given }, host.cwd);
  checkAgainst({ against, report: given });
  const { report: reporting } = await import('../../actions/report.ts');
  const told = await reporting({ ...words, defuse: defuserFor(host.env) }, host);
  if (given !== undefined) await writePage(given, told, host);
  const { stdout } = host.terminal;
  if (json) await write(stdout, jsonReport(told.outcome.document));
  else if (given !== undefined && (await outputOf(resolve(host.cwd, given))).kind === 'file')
    await write(stdout, `${given}\n`);
  return exitCode('ok');
}

async function writePage(given: string, { outcome, against }: Report, { cwd, clock }: Host): Promise<void> {
  const { pageHtml } = await import('../../reporters/page/page.ts');
  const text = pageHtml(pageData(outcome, clock.now(), against));
  const path = resolve(cwd, given);
  try {
    await makeFolder(dirname(path));
    await writeOutput(path, text);
  } catch (error) {
    throw new UsageError(`--report ${given} can't be written: ${writeProblem(error)}`, {
      hint: 'name a file in a folder that you may write to',
      cause: error,
    });
  }
}
