/** A launch, launched or found, on its way to its verdicts: one sequence of events, with the launch's result at its end. */
import { exitCodeOfError } from '../errno.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { streamOf } from '../event-stream.ts';
import { maskForms, maskWith } from '../masks.ts';
import type { LaunchId, Machine, Nonce } from '../model.ts';
import { exitCodeOf, type LaunchMeta } from '../results/document.ts';
import type { ReportedEvent } from '../results/events.ts';
import { type Outcome, outcomeOf } from '../results/outcome.ts';
import type { PageData } from '../results/page-data.ts';
import { redacted } from '../results/redacted.ts';
import { advance, emptyView, type LaunchView } from '../results/state.ts';
import type { BootBudget } from '../watch/budget.ts';
import type { BeaconStore, Sent } from '../watch/options.ts';
import { watchLaunch } from '../watch/watch.ts';
import type { LocalCloud } from './local/connect.ts';
import { type LocalNetwork, withNetworkHint } from './no-network.ts';
import { earlierLaunch, recordOutcome } from './recorded.ts';
import type { Scoreboard } from './scoreboard.ts';
import type { Session } from './session.ts';
import { watchPace } from './watch-pace.ts';

/** A launch to follow to its verdicts. */
export interface Run extends RunChoice {
  readonly verb: 'launch' | 'watch' | 'scale' | 'replace';
  readonly launch: LaunchId;
  readonly meta: LaunchMeta;
  /** The launching itself, where this run does it; without it the machines are there already. */
  readonly launching?: AsyncIterable<ReportedEvent>;
  /** Where the launching waits for verdicts. */
  readonly scores?: Scoreboard;
  /** What the launching tells by other ways than its sequence. */
  readonly hear?: (tell: (event: ReportedEvent) => void) => void;
  /** How many machines were asked for, and how many of these AWS gave, where no launching will tell. */
  readonly requested?: number;
  readonly launched?: number;
  /** Follow just these; others that carry the launch's tag were replaced. */
  readonly machines?: readonly Machine[];
  /** The nonce of all its machines; without it, each batch's is recovered from the user data. */
  readonly nonce?: Nonce;
  /** Where its machines send beacons, if they do. */
  readonly beacons?: BeaconStore | undefined;
  /** The values that its modules declare as secret, where this run knows them. */
  readonly secrets?: readonly string[] | undefined;
  /** The way outside of local machines that an earlier command has launched. */
  readonly network?: LocalNetwork | undefined;
  readonly timeoutMs: number;
  /** How long its boots may take; absent: any time. */
  readonly budget?: BootBudget | undefined;
  readonly patterns: { readonly success?: string; readonly failure?: string };
}

/** What a caller chooses of a run. */
export interface RunChoice {
  /** Every step of every machine is told, also where that takes more requests. */
  readonly everyStep?: boolean;
  /** An earlier launch, with which this one is compared. */
  readonly against?: string | undefined;
  /** What is taken out of machines' words beside secrets. */
  readonly defuse?: ((text: string) => string) | undefined;
}

/** What a run tells: before anything is launched what it is about, then what happens, and how it ended. */
export type RunEvent = RunReady | ReportedEvent | RunDone | RunFailed;

export interface RunReady extends Pick<Run, 'verb' | 'meta' | 'requested' | 'secrets'> {
  readonly type: 'ready';
  /** See Session. */
  readonly followUp: readonly string[] | undefined;
  readonly local: Pick<LocalCloud, 'limits' | 'ephemeral'> | undefined;
  readonly against: PageData['against'] | undefined;
}

/** What became of a launch. */
interface RunEnd {
  readonly view: LaunchView;
  readonly outcome: Outcome;
  /** Why that could not be recorded; undefined where it was, or where nothing has happened. */
  readonly unrecorded: string | undefined;
}

export interface RunDone extends RunEnd {
  readonly type: 'done';
  /** It was stopped before every machine had its verdict. */
  readonly interrupted: boolean;
}

/** The run ends with an error, which is thrown when this has been told. */
export interface RunFailed extends RunEnd {
  readonly type: 'failed';
  readonly error: unknown;
}

/**
 * Follows a launch to its verdicts, and records what became of it.
 * @throws what the launching or watching throws
 */
export async function* follow(run: Run, session: Session): AsyncGenerator<RunEvent, void, void> {
  const { records, runtime, followUp, local } = session;
  const { verb, meta, requested, secrets, defuse } = run;
  const against = run.against === undefined ? undefined : await earlierLaunch(run.against, records, followUp);
  yield { type: 'ready', verb, meta, followUp, local, secrets, against, ...(requested && { requested }) };
  let view = emptyView(requested);
  const end = async (exit: ExitCode): Promise<RunEnd> => {
    const outcome = outcomeOf(view, meta, exit);
    const now = runtime.clock.now();
    const unrecorded = await recordOutcome(verb, view, outcome, run.launch, now, records);
    return { view, outcome, unrecorded };
  };
  try {
    const events = streamOf<ReportedEvent, void>((tell, signal) => {
      session.onNotice((text) => tell({ type: 'notice', at: runtime.clock.now(), text }));
      run.hear?.(tell);
      return launchAndWatch(run, session, tell, signal);
    });
    for await (const told of events) {
      const event = redacted(told, { defuse, secretsAreKnown: secrets !== undefined });
      view = advance(view, event);
      yield event;
    }
  } catch (error) {
    yield { type: 'failed', error, ...(await end(exitCodeOfError(error))) };
    throw error;
  }
  const interrupted = runtime.signal.aborted;
  yield {
    type: 'done',
    interrupted,
    ...(await end(interrupted ? exitCode('interrupted') : exitCodeOf(view))),
  };
}

/** Launches and watches side by side: the first machines are followed while later batches are still being sent. */
async function launchAndWatch(
  run: Run,
  session: Session,
  tell: (event: ReportedEvent) => void,
  stopped: AbortSignal,
): Promise<void> {
  const machines = [...(run.machines ?? [])];
  let done = run.launching === undefined;
  let toCome = 0;
  const failed = new AbortController();
  const signal = AbortSignal.any([session.runtime.signal, stopped, failed.signal]);
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  if (done) begin();

  const hear = (event: ReportedEvent) => {
    tell(event);
    if (event.type === 'launch-started') toCome = event.requested;
    if (event.type === 'batch-launched') machines.push(...event.machines);
    if (machines.length > 0) begin();
  };
  const launching = async () => {
    try {
      for await (const event of run.launching ?? []) {
        if (stopped.aborted) return;
        hear(event);
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
    if (run.launching !== undefined && machines.length === 0) return;
    await watchAll(
      run,
      session,
      () => ({ machines, toCome, done, ...expected(run, machines) }),
      tell,
      signal,
    );
  };
  // Whoever waits for verdicts must not wait for a watch that is over, or was stopped.
  const scored = async () => {
    try {
      await watching();
      if (!done) run.scores?.end(undefined);
    } catch (error) {
      run.scores?.end(error);
      throw error;
    }
  };
  const results = await Promise.allSettled([launching(), scored()]);
  // The watching's own trouble is the reason for the launching's.
  for (const result of results.reverse()) if (result.status === 'rejected') throw result.reason;
}

async function watchAll(
  run: Run,
  session: Session,
  sent: () => Sent,
  tell: (event: ReportedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, ec2, local } = session;
  const { launch, nonce, beacons, secrets, timeoutMs, budget, patterns, everyStep = false } = run;
  const events = watchLaunch({
    ec2: ec2.polling,
    clock: runtime.clock,
    launch,
    sent,
    ...(nonce !== undefined && { nonce }),
    ...(beacons !== undefined && { beacons }),
    mask: secrets && maskWith(maskForms(secrets)),
    timeoutMs,
    budget,
    everyStep,
    patterns,
    ...watchPace(session),
    signal,
  });
  for await (const event of events) {
    tell(withNetworkHint(event, run.network ?? local?.network));
    run.scores?.note(event);
  }
}

/** Which machines are to appear; where only their tags tell of a launch, nobody knows. */
function expected(run: Run, machines: readonly Machine[]): Partial<Sent> {
  const { launching, launched } = run;
  if (launching !== undefined || run.machines !== undefined) return { launched: machines.length, only: true };
  return launched === undefined ? {} : { launched };
}
