import { type LocalNetwork, withNetworkHint } from '../actions/no-network.ts';
import { earlierLaunch, recordOutcome } from '../actions/recorded.ts';
import type { Scoreboard } from '../actions/scoreboard.ts';
import type { Session } from '../actions/session.ts';
import { type ExitCode, exitCode, InterruptedError, RolecallError, UsageError } from '../errors.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { maskForms, maskWith } from '../masks.ts';
import type { LaunchId, Machine, Nonce } from '../model.ts';
import { type OutputFormat, Progress } from '../reporters/progress.ts';
import type { LaunchMeta } from '../results/document.ts';
import type { ReportedEvent } from '../results/events.ts';
import { outcomeOf } from '../results/outcome.ts';
import { errorReport, exitCodeOfError } from '../terminal/errors.ts';
import { goesToFile, say } from '../terminal/streams.ts';
import { widthFor } from '../terminal/terminal.ts';
import { addMasks, defuserFor, isGitHub } from '../terminal/workflow.ts';
import { counted, shellWord } from '../text.ts';
import type { BeaconStore } from '../watch/beacons.ts';
import type { BootBudget } from '../watch/budget.ts';
import { type Sent, watchLaunch } from '../watch/watch.ts';
import type { Host } from './context.ts';
import type { ReportFileWords } from './report-files.ts';
import { reportsFor, type WriteReports } from './reports.ts';

/** The reports beside that on stdout: the values of `reportOptions`. */
export interface ReportWords extends ReportFileWords {
  readonly against?: string | undefined;
}

/** A launch to follow to its verdicts. */
export interface Following extends ReportWords {
  /** Where the launch's records are, to which its end is added. */
  readonly records: LaunchRecords;
  /** The launching itself, where this command does it; without it the machines are there already. */
  readonly launching?: AsyncIterable<ReportedEvent>;
  /** Where the launching waits for verdicts. */
  readonly scores?: Scoreboard;
  /** Told of the progress before anything happens, for those who have to say or ask something beside the launching. */
  readonly opened?: (progress: Progress) => void;
  /** How many machines were asked for, and how many of these AWS gave, where no launching will tell. */
  readonly requested?: number;
  readonly launched?: number;
  /** Follow just these; others that carry the launch's tag were replaced. */
  readonly machines?: readonly Machine[];
  readonly verb: 'launching' | 'watching' | 'scaling' | 'replacing';
  readonly output: OutputFormat;
  readonly launch: LaunchId;
  readonly meta: LaunchMeta;
  /** The nonce of all its machines; without it, each batch's is recovered from the user data. */
  readonly nonce?: Nonce;
  /** Where its machines send beacons, if they do. */
  readonly beacons?: BeaconStore | undefined;
  /** The values that its modules declare as secret, where this command knows them. */
  readonly secrets?: readonly string[] | undefined;
  /** The way outside of local machines that an earlier command has launched. */
  readonly network?: LocalNetwork | undefined;
  readonly timeoutMs: number;
  /** How long its boots may take; absent: any time. */
  readonly budget?: BootBudget | undefined;
  readonly patterns: { readonly success?: string; readonly failure?: string };
}

/**
 * Shows a launch on the board as it happens, and reports in the end, to stdout and to what else `reportsFor` serves.
 * @throws what the launching or watching throws, after telling which machines run on
 */
export async function follow(following: Following, session: Session, host: Host): Promise<ExitCode> {
  const { terminal, clock } = host;
  const { output, verb, meta, requested } = following;
  if (following.against !== undefined && following.report === undefined)
    throw new UsageError(
      '--against compares launches in the HTML report, and --report names no file for it',
      {
        hint: `add --report boot.html`,
      },
    );
  const against = await earlierLaunch(following.against, following.records, session.followUp);
  const writeReports = await reportsFor(following, meta, host, against);
  // Whatever else the job prints: its log hides them from here on. A file would keep them in the clear.
  if (isGitHub(host.env) && !goesToFile(terminal.stderr))
    await say(terminal.stderr, addMasks(following.secrets ?? []));
  const progress = await Progress.open({
    terminal,
    clock,
    output,
    verb,
    launch: meta,
    ...(requested !== undefined && { requested }),
    followUp: session.followUp,
    notes: closingNotes(session),
    defuse: defuserFor(host.env),
    secretsAreKnown: following.secrets !== undefined,
  });
  following.opened?.(progress);
  session.onNotice((text) => progress.tell({ type: 'notice', at: clock.now(), text }));
  try {
    await run(following, progress, session, host);
  } catch (error) {
    await progress.close();
    if (error instanceof RolecallError) terminal.stderr.write(runningOn(progress, following, session));
    await end(following, progress, exitCodeOfError(error), writeReports, host);
    throw error;
  }
  const exit = host.signal.aborted
    ? await interrupted(progress, following, session, host)
    : await progress.finish();
  await end(following, progress, exit, writeReports, host);
  return exit;
}

/** Records what became of the launch, and writes the reports. */
async function end(
  { verb, meta, launch, records }: Following,
  { view }: Progress,
  exit: ExitCode,
  writeReports: WriteReports,
  { terminal, clock }: Host,
): Promise<void> {
  const outcome = outcomeOf(view, meta, exit);
  const trouble = await recordOutcome(VERBS[verb], view, outcome, launch, clock.now(), records);
  if (trouble !== undefined)
    await say(
      terminal.stderr,
      `note: what became of the launch is not recorded, so rolecall report can't tell it later: ${trouble}\n`,
    );
  await writeReports({ view, exit, outcome });
}

const VERBS = { launching: 'launch', watching: 'watch', scaling: 'scale', replacing: 'replace' } as const;

/** Launches and watches side by side: the first machines are followed while later batches are still being sent. */
async function run(following: Following, progress: Progress, session: Session, host: Host): Promise<void> {
  const machines = [...(following.machines ?? [])];
  let done = following.launching === undefined;
  let toCome = 0;
  const failed = new AbortController();
  const signal = AbortSignal.any([host.signal, failed.signal]);
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  if (done) begin();

  const launching = async () => {
    try {
      for await (const event of following.launching ?? []) {
        progress.tell(event);
        if (event.type === 'launch-started') toCome = event.requested;
        if (event.type !== 'batch-launched') continue;
        machines.push(...event.machines);
        if (machines.length > 0) begin();
      }
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      done = true;
      begin();
    }
  };
  const watching = async () => {
    await begun;
    if (following.launching !== undefined && machines.length === 0) return;
    const { launch, nonce, beacons, secrets, timeoutMs, budget, patterns } = following;
    const events = watchLaunch({
      ec2: session.ec2.polling,
      clock: host.clock,
      launch,
      sent: () => ({ machines, toCome, done, ...expected(following, machines) }),
      ...(nonce !== undefined && { nonce }),
      ...(beacons !== undefined && { beacons }),
      mask: secrets && maskWith(maskForms(secrets)),
      timeoutMs,
      budget,
      everyStep: following.report !== undefined,
      patterns,
      ...watchPace(session),
      signal,
    });
    for await (const event of events) {
      progress.tell(withNetworkHint(event, following.network ?? session.local?.network));
      following.scores?.note(event);
    }
  };
  // Whoever waits for verdicts must not wait for a watch that is over, or was stopped.
  const scored = async () => {
    try {
      await watching();
      if (!done) following.scores?.end(undefined);
    } catch (error) {
      following.scores?.end(error);
      throw error;
    }
  };
  const results = await Promise.allSettled([launching(), scored()]);
  // The watching's own trouble is the reason for the launching's.
  for (const result of results.reverse()) if (result.status === 'rejected') throw result.reason;
}

/** Which machines are to appear; where only their tags tell of a launch, nobody knows. */
function expected(following: Following, machines: readonly Machine[]): Partial<Sent> {
  const { launching, launched } = following;
  if (launching !== undefined || following.machines !== undefined)
    return { launched: machines.length, only: true };
  return launched === undefined ? {} : { launched };
}

/** One's own machine may be asked often; and a local cloud that is out of reach is gone. */
const LOCAL_PACE = { tickMs: 150, unreachableMs: 2_000 };

/** How often machines of a cloud are looked at, where it isn't as usual. */
export function watchPace({ local }: Session): Partial<typeof LOCAL_PACE> {
  if (local === undefined) return {};
  // Simulated machines show how a fleet is rolled out on AWS, and what that costs.
  const { tickMs, unreachableMs } = LOCAL_PACE;
  return local.simulated ? { unreachableMs } : { tickMs, unreachableMs };
}

/** What people must know about the local cloud at the end. */
function closingNotes({ local }: Session): string[] {
  if (local === undefined) return [];
  const lasting =
    'the local cloud ended with this command, and its machines with it; `rolecall local up` starts a lasting one';
  return [...local.limits.map((limit) => `local machines: ${limit}`), ...(local.ephemeral ? [lasting] : [])];
}

async function interrupted(
  progress: Progress,
  following: Following,
  session: Session,
  { terminal }: Host,
): Promise<ExitCode> {
  const exit = exitCode('interrupted');
  if (following.output === 'text') await progress.close();
  else await progress.finish(exit);
  const error = new InterruptedError('stopped watching before every machine had its verdict');
  const { colour, stderr } = terminal;
  stderr.write(errorReport(error, { debug: false, colour: colour.stderr, columns: widthFor(stderr) }));
  stderr.write(runningOn(progress, following, session));
  return exit;
}

/** Which machines run on, and the command that watches them further. */
function runningOn({ view }: Progress, { launch }: Following, { followUp, local }: Session): string {
  const ids = [...view.machines.values()]
    .filter(({ machine }) => machine.state === 'pending' || machine.state === 'running')
    .map(({ machine }) => machine.instanceId);
  if (ids.length === 0) return '';
  if (followUp === undefined) {
    return local === undefined ? '' : `its local cloud ends now, with ${counted(ids.length, 'machine')}\n`;
  }
  const resume = ['rolecall', 'watch', launch, ...followUp].map(shellWord).join(' ');
  return `still running: ${ids.join(' ')}\n  → ${resume}\n`;
}
