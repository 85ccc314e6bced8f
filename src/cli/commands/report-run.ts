import { dirname, resolve } from 'node:path';
import { withKnownLaunch, withRecords } from '../../actions/known-launch.ts';
import { outcomeNow } from '../../actions/outcome-now.ts';
import { earlierLaunch, recordedOutcome } from '../../actions/recorded.ts';
import type { CloudChoice } from '../../actions/session.ts';
import { DEFAULT_TIMEOUT_MS } from '../../catalogue/role.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { writeOutput } from '../../files/output-file.ts';
import { outputOf } from '../../files/output-target.ts';
import type { LaunchId } from '../../model.ts';
import { jsonReport } from '../../reporters/json.ts';
import { type Outcome, pageData } from '../../results/outcome.ts';
import type { PageData } from '../../results/page-data.ts';
import { say, write } from '../../terminal/streams.ts';
import type { Host } from '../context.ts';
import { reportFiles, writeProblem } from '../report-files.ts';

export interface ReportWords extends CloudChoice {
  readonly launch: LaunchId;
  readonly report?: string | undefined;
  readonly against?: string | undefined;
  readonly json: boolean;
}

/** Reports what became of a launch: by its records, also where its machines are gone; else by what can be read now. */
export async function runReport(words: ReportWords, host: Host): Promise<ExitCode> {
  const { launch, json } = words;
  const given = words.report ?? (json ? undefined : `rolecall-${launch}.html`);
  // Before anything is asked for.
  reportFiles({ report: given }, host.cwd);
  if (given === undefined && words.against !== undefined)
    throw new UsageError(
      '--against compares launches in the HTML report, and --report names no file for it',
      {
        hint: 'add --report boot.html',
      },
    );
  const known = await withRecords(words, host, async ({ records, followUp }) => ({
    against: await earlierLaunch(words.against, records, followUp),
    recorded: await recordedOutcome(records, launch),
  }));
  const { recorded } = known;
  const outcome =
    recorded?.undecided.length === 0
      ? recorded
      : await withKnownLaunch(words, DEFAULT_TIMEOUT_MS, host, async (found) => {
          await say(host.terminal.stderr, NOW);
          return await outcomeNow(launch, found, recorded, host);
        });
  if (outcome.document.machines.length === 0 && outcome.document.error === undefined)
    throw new UsageError(`launch ${launch} has no machine, so nothing became of it`, {
      hint: `the same command with --launch-id ${launch} goes on with it`,
    });
  if (given !== undefined) await writePage(given, outcome, known.against, host);
  const { stdout } = host.terminal;
  if (json) await write(stdout, jsonReport(outcome.document));
  else if (given !== undefined && (await outputOf(resolve(host.cwd, given))).kind === 'file')
    await write(stdout, `${given}\n`);
  return exitCode('ok');
}

const NOW =
  'note: no record tells how this launch ended: this is what EC2, consoles, beacons and boot logs tell now\n';

async function writePage(
  given: string,
  outcome: Outcome,
  against: PageData['against'] | undefined,
  { cwd, clock }: Host,
): Promise<void> {
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
