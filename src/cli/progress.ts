/** A run as the command line shows it: the board while it lasts, the report in the end, and other reports beside that. */
import type { RoleName, RunChoice, RunDone, RunEvent, RunFailed, RunReady } from '../api/use-cases.ts';
import { type ExitCode, InterruptedError, RolecallError, UsageError } from '../errors.ts';
import { type OutputFormat, Progress } from '../reporters/progress.ts';
import type { Member } from '../results/fleet-state.ts';
import { errorReport } from '../terminal/errors.ts';
import { goesToFile, say } from '../terminal/streams.ts';
import { widthFor } from '../terminal/terminal.ts';
import { addMasks, defuserFor, isGitHub } from '../terminal/workflow.ts';
import { counted, shellWord } from '../text.ts';
import type { Host } from './context.ts';
import { askToEnd } from './prompts/prompts.ts';
import { type ReportFileWords, reportsFor, type WriteReports } from './reports.ts';

/** The reports of a run: the values of `reportOptions`, and the format of that on stdout. */
export interface ShownWords extends ReportFileWords {
  readonly against?: string | undefined;
  readonly output: OutputFormat;
}

/** @throws UsageError where an earlier launch is named for an HTML report that nobody asked for */
export function checkAgainst({ against, report }: Pick<ShownWords, 'against' | 'report'>): void {
  if (against === undefined || report !== undefined) return;
  throw new UsageError('--against compares launches in the HTML report, and --report names no file for it', {
    hint: 'add --report boot.html',
  });
}

/** Shows one run. */
export class ShownRun {
  readonly #words: ShownWords;
  readonly #host: Host;
  #open:
    | { readonly progress: Progress; readonly ready: RunReady; readonly writeReports: WriteReports }
    | undefined;

  constructor(words: ShownWords, host: Host) {
    checkAgainst(words);
    this.#words = words;
    this.#host = host;
  }

  /** Takes the board away while people are asked something. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    return this.#open === undefined ? await work() : await this.#open.progress.aside(work);
  }

  /**
   * Shows the run as it happens, and reports in the end, to stdout and to what else `reportsFor` serves.
   * @returns 0 for a run that ends before it has begun
   * @throws what the run throws, after telling which machines run on
   */
  async show(run: AsyncIterable<RunEvent>): Promise<ExitCode> {
    let exit: ExitCode = 0;
    for await (const event of run) {
      if (event.type === 'ready') await this.#begin(event);
      else if (event.type === 'done') exit = await this.#done(event);
      else if (event.type === 'failed') await this.#failed(event);
      else this.#open?.progress.tell(event);
    }
    return exit;
  }

  async #begin(ready: RunReady): Promise<void> {
    const { terminal, clock, env } = this.#host;
    const { meta, requested, followUp } = ready;
    const writeReports = await reportsFor(this.#words, meta, this.#host, ready.against);
    // Whatever else the job prints: its log hides them from here on. A file would keep them in the clear.
    if (isGitHub(env) && !goesToFile(terminal.stderr))
      await say(terminal.stderr, addMasks(ready.secrets ?? []));
    const progress = await Progress.open({
      terminal,
      clock,
      output: this.#words.output,
      verb: VERBS[ready.verb],
      launch: meta,
      ...(requested !== undefined && { requested }),
      followUp,
      notes: closingNotes(ready),
    });
    this.#open = { progress, ready, writeReports };
  }

  async #done(end: RunDone): Promise<ExitCode> {
    const exit = end.outcome.document.exit_code as ExitCode;
    if (end.interrupted) await this.#interrupted(exit);
    else await this.#open?.progress.finish(exit);
    await this.#end(end);
    return exit;
  }

  async #interrupted(exit: ExitCode): Promise<void> {
    if (this.#words.output === 'text') await this.#open?.progress.close();
    else await this.#open?.progress.finish(exit);
    const error = new InterruptedError('stopped watching before every machine had its verdict');
    const { colour, stderr } = this.#host.terminal;
    stderr.write(errorReport(error, { debug: false, colour: colour.stderr, columns: widthFor(stderr) }));
    stderr.write(this.#runningOn());
  }

  async #failed(end: RunFailed): Promise<void> {
    await this.#open?.progress.close();
    if (end.error instanceof RolecallError) this.#host.terminal.stderr.write(this.#runningOn());
    await this.#end(end);
  }

  async #end({ view, outcome, unrecorded }: RunDone | RunFailed): Promise<void> {
    if (unrecorded !== undefined)
      await say(
        this.#host.terminal.stderr,
        `note: what became of the launch is not recorded, so rolecall report can't tell it later: ${unrecorded}\n`,
      );
    await this.#open?.writeReports({ view, exit: outcome.document.exit_code as ExitCode, outcome });
  }

  /** Which machines run on, and the command that watches them further. */
  #runningOn(): string {
    if (this.#open === undefined) return '';
    const { progress, ready } = this.#open;
    const ids = [...progress.view.machines.values()]
      .filter(({ machine }) => machine.state === 'pending' || machine.state === 'running')
      .map(({ machine }) => machine.instanceId);
    if (ids.length === 0) return '';
    const { followUp, local, meta } = ready;
    if (followUp === undefined)
      return local === undefined ? '' : `its local cloud ends now, with ${counted(ids.length, 'machine')}\n`;
    const resume = ['rolecall', 'watch', meta.id, ...followUp].map(shellWord).join(' ');
    return `still running: ${ids.join(' ')}\n  → ${resume}\n`;
  }
}

const VERBS = { launch: 'launching', watch: 'watching', scale: 'scaling', replace: 'replacing' } as const;

/** What people must know about the local cloud at the end. */
function closingNotes({ local }: RunReady): string[] {
  if (local === undefined) return [];
  const lasting =
    'the local cloud ended with this command, and its machines with it; `rolecall local up` starts a lasting one';
  return [...local.limits.map((limit) => `local machines: ${limit}`), ...(local.ephemeral ? [lasting] : [])];
}

/** What the arguments of a command that follows machines choose of its run. */
export const runChoice = (
  { report, against }: { readonly report?: string | undefined; readonly against?: string | undefined },
  { env }: Pick<Host, 'env'>,
): RunChoice => ({
  // The HTML report shows every step.
  everyStep: report !== undefined,
  against,
  defuse: defuserFor(env),
});

/** What the arguments of a command that brings new machines into a fleet choose; the parser has checked each value. */
export const rolloutInput = <
  V extends { readonly maxFailures: string; readonly report?: string | undefined },
>(
  values: V,
  host: Host,
) => ({ ...values, ...runChoice(values, host), maxFailures: Number(values.maxFailures) });

interface ChangeWords extends ReportFileWords {
  readonly yes: boolean;
  readonly output: string;
  readonly against?: string | undefined;
}

/** How a change of a fleet is shown, and how people are asked before machines are ended. */
export function shownChange(
  verb: 'scale' | 'replace',
  words: ChangeWords,
  name: RoleName,
  host: Host,
): { readonly shown: ShownRun; readonly agreed: (members: readonly Member[]) => Promise<boolean> } {
  const shown = new ShownRun({ ...words, output: words.output as OutputFormat }, host);
  const ask = (members: readonly Member[]) => askToEnd(verb, members, name, words, host);
  return {
    shown,
    agreed: (members) => (words.yes ? ask(members) : shown.aside(() => ask(members))),
  };
}
