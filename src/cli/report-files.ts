import { stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { writeOutput } from '../files/output-file.ts';
import { outputOf } from '../files/output-target.ts';
import type { LaunchMeta } from '../results/document.ts';

/** A report that goes to a file. */
export interface ReportFile {
  /** The option that asked for it, as people write it. */
  readonly option: '--junit' | '--report';
  /** As it was given. */
  readonly given: string;
  /** Absolute. */
  readonly path: string;
  /** What it says of a launch that is still to end. */
  readonly unfinished: (launch: LaunchMeta) => Promise<string>;
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
  return [
    ...(junit === undefined
      ? []
      : [
          {
            option: '--junit' as const,
            given: junit,
            path: resolve(cwd, junit),
            unfinished: async (launch: LaunchMeta) =>
              (await import('../reporters/junit.ts')).unfinishedJunitReport(launch),
          },
        ]),
    ...(report === undefined
      ? []
      : [
          {
            option: '--report' as const,
            given: report,
            path: resolve(cwd, report),
            unfinished: async (launch: LaunchMeta) =>
              (await import('../reporters/page/unfinished.ts')).unfinishedPage(launch),
          },
        ]),
  ];
}

/**
 * Writes reports that say that the launch did not end: a report of an earlier run would pass for this one's, if this one
 * were killed. A pipe or a device gets the last report alone.
 * @throws UsageError where one can't be written, or two are the same file
 */
export async function prepareReports(files: readonly ReportFile[], launch: LaunchMeta): Promise<void> {
  const [first, second] = files;
  if (first !== undefined && first.path === second?.path) throw sameFile(first, second);
  for (const file of files) await prepare(file, launch);
  // By links, too.
  if (first !== undefined && second !== undefined && (await isSame(first.path, second.path)))
    throw sameFile(first, second);
}

async function prepare({ option, given, path, unfinished }: ReportFile, launch: LaunchMeta): Promise<void> {
  try {
    await makeFolder(dirname(path));
    if ((await outputOf(path)).kind === 'stream') return;
    await writeOutput(path, await unfinished(launch));
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
export function writeProblem(error: unknown): string {
  if (!(error instanceof UsageError)) return reasonOf(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
