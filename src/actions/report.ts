import { DEFAULT_TIMEOUT_MS } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { Outcome } from '../results/outcome.ts';
import type { PageData } from '../results/page-data.ts';
import { type KnownInput, openKnownLaunch, withRecords } from './known-launch.ts';
import { outcomeNow } from './outcome-now.ts';
import { earlierLaunch, recordedOutcome } from './recorded.ts';
import type { RunChoice } from './run.ts';
import type { Runtime } from './runtime.ts';

/** Which launch is reported, and with which it is compared. */
export interface ReportInput extends KnownInput, Pick<RunChoice, 'against' | 'defuse'> {}

/** What became of a launch, and of the one that it is compared with. */
export interface Report {
  readonly outcome: Outcome;
  readonly against: PageData['against'] | undefined;
}

/** Tells what became of a launch: by its records, also where its machines are gone; else by what can be read now. */
export async function report(input: ReportInput, runtime: Runtime): Promise<Report> {
  const { launch } = input;
  const { against, recorded } = await withRecords(input, runtime, async ({ records, followUp }) => ({
    against: await earlierLaunch(input.against, records, followUp),
    recorded: await recordedOutcome(records, launch),
  }));
  const outcome = recorded?.undecided.length === 0 ? recorded : await readNow(input, recorded, runtime);
  if (outcome.document.machines.length === 0 && outcome.document.error === undefined)
    throw new UsageError(`launch ${launch} has no machine, so nothing became of it`, {
      hint: `the same command with --launch-id ${launch} goes on with it`,
    });
  return { outcome, against };
}

const NOW =
  'note: no record tells how this launch ended: this is what EC2, consoles, beacons and boot logs tell now';

async function readNow(
  input: ReportInput,
  recorded: Parameters<typeof outcomeNow>[2],
  runtime: Runtime,
): Promise<Outcome> {
  const known = await openKnownLaunch(input, DEFAULT_TIMEOUT_MS, runtime);
  try {
    runtime.user.tell(NOW);
    return await outcomeNow(input.launch, known, recorded, { ...runtime, defuse: input.defuse });
  } finally {
    await known.session.close();
  }
}
