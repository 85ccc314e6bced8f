import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ExitCode } from '../errors.ts';
import { appendOutput, writeOutput } from '../files/output-file.ts';
import type { ReportLink } from '../reporters/markdown.ts';
import type { LaunchMeta } from '../results/document.ts';
import type { Outcome } from '../results/outcome.ts';
import type { PageData } from '../results/page-data.ts';
import type { LaunchView } from '../results/state.ts';
import { say } from '../terminal/streams.ts';
import { isGitHub } from '../terminal/workflow.ts';
import type { Host, World } from './context.ts';
import {
  prepareReports,
  type ReportFile,
  type ReportFileWords,
  reportFiles,
  writeProblem,
} from './report-files.ts';

/** What the reports of a launch tell. */
export interface Reported {
  readonly view: LaunchView;
  readonly exit: ExitCode;
  readonly outcome: Outcome;
}

/** Writes the reports of a launch that has ended. Never throws: what can't be written is said on stderr. */
export type WriteReports = (reported: Reported) => Promise<void>;

/** GitHub takes so much of a summary from a step, and drops the whole of a larger one. */
const SUMMARY_BYTES = 1024 * 1024;

/**
 * The reports that go to files and to the CI system around: JUnit XML and an HTML page where they were asked for; on GitHub
 * Actions annotations, a summary and outputs of the step, where the variables say that they are taken.
 * @param against the earlier launch that the page compares this one with
 * @throws UsageError where the file of a report can't be written, before anything is launched
 */
export async function reportsFor(
  words: ReportFileWords,
  launch: LaunchMeta,
  world: World,
  against?: PageData['against'],
): Promise<WriteReports> {
  const { env, cwd, terminal, clock } = world;
  const files = reportFiles(words, cwd);
  await prepareReports(files, launch);
  const attempt = async (what: string, writing: () => Promise<void>) => {
    try {
      await writing();
    } catch (error) {
      await say(terminal.stderr, `${what} could not be written: ${writeProblem(error)}\n`);
    }
  };
  const textOf = async (file: ReportFile, { view, outcome }: Reported): Promise<string> => {
    if (file.option === '--junit') return (await import('../reporters/junit.ts')).junitReport(view, launch);
    const [{ pageHtml }, { pageData }] = await Promise.all([
      import('../reporters/page/page.ts'),
      import('../results/outcome.ts'),
    ]);
    return pageHtml(pageData(outcome, clock.now(), against));
  };
  return async (reported) => {
    const { view, exit } = reported;
    for (const file of files)
      await attempt(`${file.option} ${file.given}`, async () =>
        writeOutput(file.path, await textOf(file, reported)),
      );
    const { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary } = env;
    if (isGitHub(env)) {
      const { annotations } = await import('../reporters/github.ts');
      await say(terminal.stderr, annotations(view, launch));
    }
    const page = files.find(({ option }) => option === '--report');
    if (summary !== undefined && summary !== '')
      await attempt("the job's summary", () =>
        addSummary(resolve(cwd, summary), reported, launch, page && linkTo(page, env)),
      );
    if (outputs !== undefined && outputs !== '') {
      const { outputLines } = await import('../reporters/github.ts');
      await attempt("the step's outputs", () =>
        appendOutput(resolve(cwd, outputs), outputLines(view, launch, exit, page?.path)),
      );
    }
  };
}

/** Where people find the page: among the run's artifacts, once a later step has uploaded it. */
function linkTo({ given }: ReportFile, env: Host['env']): ReportLink {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  const known = isGitHub(env) && server && repository && run;
  return { name: given, ...(known && { url: `${server}/${repository}/actions/runs/${run}#artifacts` }) };
}

async function addSummary(
  path: string,
  { view, exit }: Reported,
  launch: LaunchMeta,
  page: ReportLink | undefined,
): Promise<void> {
  const { markdownReport } = await import('../reporters/markdown.ts');
  const room = SUMMARY_BYTES - (await sizeOf(path));
  for (const extent of ['whole', 'brief'] as const) {
    const text = markdownReport(view, launch, exit, extent, page);
    if (Buffer.byteLength(text) <= room) return await appendOutput(path, text);
  }
  throw new Error('it would be larger than GitHub takes, 1 MiB');
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
