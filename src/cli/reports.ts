import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../errno.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import { makeFolder } from '../io/make-folder.ts';
import { appendOutput, writeOutput } from '../io/output-file.ts';
import { outputOf } from '../io/output-target.ts';
import { say } from '../io/streams.ts';
import { isGitHub } from '../io/workflow.ts';
import type { LaunchMeta } from '../report/document.ts';
import type { LaunchView } from '../report/state.ts';
import type { Host } from './host.ts';

/** Which reports were asked for beside stdout's: the values of `reportOptions`. */
export interface ReportWords {
  readonly junit?: string | undefined;
}

/** Writes the reports of a launch that has ended. Never throws: what can't be written is said on stderr. */
export type WriteReports = (view: LaunchView, exit: ExitCode) => Promise<void>;

/** GitHub takes so much of a summary from a step, and drops the whole of a larger one. */
const SUMMARY_BYTES = 1024 * 1024;

/**
 * The reports that go to files and to the CI system around: JUnit XML where it was asked for; on GitHub Actions
 * annotations, a summary and outputs of the step, where the variables say that they are taken.
 * @throws UsageError where the file of a report can't be written, before anything is launched
 */
export async function reportsFor(words: ReportWords, launch: LaunchMeta, host: Host): Promise<WriteReports> {
  const { env, cwd, terminal } = host;
  const junit = words.junit === undefined ? undefined : resolve(cwd, words.junit);
  if (junit !== undefined) await prepare(words.junit ?? junit, junit, launch);
  const attempt = async (what: string, writing: () => Promise<void>) => {
    try {
      await writing();
    } catch (error) {
      await say(terminal.stderr, `${what} could not be written: ${messageOf(error)}\n`);
    }
  };
  return async (view, exit) => {
    if (junit !== undefined) {
      const { junitReport } = await import('../report/junit.ts');
      await attempt(`--junit ${words.junit}`, () => writeOutput(junit, junitReport(view, launch)));
    }
    const { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary } = env;
    if (isGitHub(env)) {
      const { annotations } = await import('../report/github.ts');
      await say(terminal.stderr, annotations(view, launch));
    }
    if (summary !== undefined && summary !== '')
      await attempt("the job's summary", () => addSummary(resolve(cwd, summary), view, launch, exit));
    if (outputs !== undefined && outputs !== '') {
      const { outputLines } = await import('../report/github.ts');
      await attempt("the step's outputs", () =>
        appendOutput(resolve(cwd, outputs), outputLines(view, launch, exit)),
      );
    }
  };
}

/**
 * Writes a report that says that the launch did not end: a report of an earlier run would pass for this one's, if this one
 * were killed. A pipe or a device gets the last report alone.
 */
async function prepare(given: string, path: string, launch: LaunchMeta): Promise<void> {
  try {
    await makeFolder(dirname(path));
    if ((await outputOf(path)).kind === 'stream') return;
    const { unfinishedJunitReport } = await import('../report/junit.ts');
    await writeOutput(path, unfinishedJunitReport(launch));
  } catch (error) {
    throw new UsageError(`--junit ${given} can't be written: ${messageOf(error)}`, {
      hint: 'name a file in a folder that you may write to',
      cause: error,
    });
  }
}

async function addSummary(path: string, view: LaunchView, launch: LaunchMeta, exit: ExitCode): Promise<void> {
  const { markdownReport } = await import('../report/markdown.ts');
  const room = SUMMARY_BYTES - (await sizeOf(path));
  for (const extent of ['whole', 'brief'] as const) {
    const text = markdownReport(view, launch, exit, extent);
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

const messageOf = (error: unknown): string =>
  error instanceof UsageError && error.cause === undefined ? error.message : reasonOf(causeOf(error));

const causeOf = (error: unknown): unknown => (error instanceof UsageError ? error.cause : error);
