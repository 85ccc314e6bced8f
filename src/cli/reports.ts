import { stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { reasonOf } from '../errno.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { appendOutput, writeOutput } from '../files/output-file.ts';
import { outputOf } from '../files/output-target.ts';
import { annotations, outputLines } from '../reporters/github.ts';
import { junitReport, unfinishedJunitReport } from '../reporters/junit.ts';
import type { ReportLink } from '../reporters/markdown.ts';
import { markdownReport } from '../reporters/markdown.ts';
import { pageHtml } from '../reporters/page/page.ts';
import { unfinishedPage } from '../reporters/page/unfinished.ts';
import type { LaunchMeta } from '../results/document.ts';
import type { Outcome } from '../results/outcome.ts';
import { pageData } from '../results/outcome.ts';
import type { PageData } from '../results/page-data.ts';
import type { LaunchView } from '../results/state.ts';
import { say } from '../terminal/streams.ts';
import { isGitHub } from '../terminal/workflow.ts';
import type { Host, World } from './context.ts';

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
  const textOf = ({ option }: ReportFile, { view, outcome }: Reported): string =>
    option === '--junit' ? junitReport(view, launch) : pageHtml(pageData(outcome, clock.now(), against));
  return async (reported) => {
    const { view, exit } = reported;
    for (const file of files)
      await attempt(`${file.option} ${file.given}`, () => writeOutput(file.path, textOf(file, reported)));
    const { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary } = env;
    if (isGitHub(env)) await say(terminal.stderr, annotations(view, launch));
    const page = files.find(({ option }) => option === '--report');
    if (summary !== undefined && summary !== '')
      await attempt("the job's summary", () =>
        addSummary(resolve(cwd, summary), reported, launch, page && linkTo(page, env)),
      );
    if (outputs !== undefined && outputs !== '')
      await attempt("the step's outputs", () =>
        appendOutput(resolve(cwd, outputs), outputLines(view, launch, exit, page?.path)),
      );
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

/** A report that goes to a file. */
export interface ReportFile {
  /** The option that asked for it, as people write it. */
  readonly option: '--junit' | '--report';
  /** As it was given. */
  readonly given: string;
  /** Absolute. */
  readonly path: string;
}

/** The files that a command line asks reports for. */
export interface ReportFileWords {
  readonly junit?: string | undefined;
  readonly report?: string | undefined;
}

/** Endings of files that hold no page: `--report roles.yaml` would replace the catalogue. */
const OTHER_ENDINGS = new Set(
  '.xml .json .ndjson .jsonl .yaml .yml .md .txt .csv .pdf .svg .png .log .sh .ts .js .tgz .gz'.split(' '),
);

/**
 * Returns the files that reports were asked for.
 * @throws UsageError where the HTML report would get the name of another kind of file
 */
export function reportFiles({ junit, report }: ReportFileWords, cwd: string): ReportFile[] {
  const ending = report === undefined ? '' : extname(report).toLowerCase();
  if (OTHER_ENDINGS.has(ending))
    throw new UsageError(
      `--report ${report}: the report is an HTML page, and a file that ends in ${ending} is none`,
      {
        hint: `name a file that ends in .html${ending === '.xml' ? '; --junit writes XML' : ''}`,
      },
    );
  const asked = [
    ['--junit', junit],
    ['--report', report],
  ] as const;
  return asked.flatMap(([option, given]) =>
    given === undefined ? [] : [{ option, given, path: resolve(cwd, given) }],
  );
}

/**
 * Writes reports that say that the launch did not end: a report of an earlier run would pass for this one's, if this one
 * were killed. A pipe or a device gets the last report alone.
 * @throws UsageError where one can't be written, or two are the same file
 */
async function prepareReports(files: readonly ReportFile[], launch: LaunchMeta): Promise<void> {
  const [first, second] = files;
  if (first !== undefined && first.path === second?.path) throw sameFile(first, second);
  for (const file of files) await prepare(file, launch);
  // By links, too.
  if (first !== undefined && second !== undefined && (await isSame(first.path, second.path)))
    throw sameFile(first, second);
}

async function prepare(file: ReportFile, launch: LaunchMeta): Promise<void> {
  const text = file.option === '--junit' ? unfinishedJunitReport(launch) : unfinishedPage(launch);
  await writeReportFile(file, text, { streams: false });
}

/**
 * Writes a report to its file, in a folder that is made where it is missing.
 * @param streams whether a pipe or a device gets it, too
 * @throws UsageError where it can't be written
 */
export async function writeReportFile(
  { option, given, path }: ReportFile,
  text: string,
  { streams = true }: { readonly streams?: boolean } = {},
): Promise<void> {
  try {
    await makeFolder(dirname(path));
    if (!streams && (await outputOf(path)).kind === 'stream') return;
    await writeOutput(path, text);
  } catch (error) {
    throw new UsageError(`${option} ${given} can't be written: ${writeProblem(error)}`, {
      hint: 'name a file in a folder that you may write to',
      cause: error,
    });
  }
}

const sameFile = (one: ReportFile, other: ReportFile): UsageError =>
  new UsageError(`${one.option} ${one.given} and ${other.option} ${other.given} are the same file`, {
    hint: 'give each report a file of its own: --report boot.html --junit boot.xml',
  });

async function isSame(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

/** Why a file could not be written, without its path. */
function writeProblem(error: unknown): string {
  if (!(error instanceof UsageError)) return reasonOf(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
