import type { Clock } from '../clock.ts';
import type { ExitCode } from '../errors.ts';
import { exitCodeOf, type LaunchMeta, launchDocument } from '../results/document.ts';
import type { ReportedEvent } from '../results/events.ts';
import { type Redaction, redacted } from '../results/redacted.ts';
import { advance, emptyView, type LaunchView } from '../results/state.ts';
import { type Board, openBoard } from '../terminal/board.ts';
import { painter } from '../terminal/paint.ts';
import { writeReport } from '../terminal/report.ts';
import { type Terminal, widthFor } from '../terminal/terminal.ts';
import { shellWord } from '../text.ts';
import { boardFrame } from './frame.ts';
import { jsonReport } from './json.ts';
import { eventLines } from './lines.ts';
import { ndjsonEvent, ndjsonResult } from './ndjson.ts';
import { textReport } from './text.ts';

export type OutputFormat = 'text' | 'json' | 'ndjson';

export interface ProgressOptions extends Redaction {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly output: OutputFormat;
  readonly launch: LaunchMeta;
  /** What the board's header begins with: `launching` or `watching`. */
  readonly verb: string;
  /** How many machines the launch asked for, where no `launch-started` event will tell (`watch`). */
  readonly requested?: number;
  /** See `TextStyle.followUp`. */
  readonly followUp?: readonly string[] | undefined;
  readonly notes?: readonly string[];
}

/**
 * A launch as its operator follows it: every event goes to the board (stderr) and, as ndjson, to stdout; the final
 * report goes to stdout in the chosen format.
 */
export class Progress {
  #view: LaunchView;
  #board: Board | undefined;
  readonly #options: ProgressOptions;

  private constructor(options: ProgressOptions) {
    this.#options = options;
    this.#view = emptyView(options.requested);
  }

  /** Opens the board. Close it in a `finally`, whatever happens in between. */
  static async open(options: ProgressOptions): Promise<Progress> {
    const progress = new Progress(options);
    await progress.#openBoard();
    return progress;
  }

  async #openBoard(): Promise<void> {
    const { terminal, clock, launch, verb } = this.#options;
    const paint = painter(terminal.colour.stderr);
    const title = `${verb} ${launch.role} ${launch.environment}/${launch.context}`;
    this.#board = await openBoard(terminal, (size) =>
      boardFrame(this.#view, clock.now(), size, { title, paint }),
    );
  }

  /** Takes the board away while people are asked something. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    await this.close();
    const result = await work();
    await this.#openBoard();
    return result;
  }

  /** All that is known so far. */
  get view(): LaunchView {
    return this.#view;
  }

  /** Takes one event in. */
  tell(told: ReportedEvent): void {
    const event = redacted(told, this.#options);
    const before = this.#view;
    this.#view = advance(before, event);
    if (this.#board?.live === false) for (const line of eventLines(before, event)) this.#board.line(line);
    if (this.#options.output === 'ndjson') this.#options.terminal.stdout.write(ndjsonEvent(event));
  }

  /** Takes the board off the screen and shows the cursor again. Safe to call twice. */
  async close(): Promise<void> {
    const board = this.#board;
    this.#board = undefined;
    await board?.close();
  }

  /**
   * Closes the board and writes the final report to stdout.
   * @param exit the code that the process will end with, where it isn't the verdicts' own (130: interrupted)
   */
  async finish(exit: ExitCode = exitCodeOf(this.#view)): Promise<ExitCode> {
    await this.close();
    await writeReport(this.#options.terminal, this.#report(exit), this.#again());
    return exit;
  }

  /** The command that prints the report anew. */
  #again(): string | undefined {
    const { launch, output, followUp } = this.#options;
    if (followUp === undefined) return undefined;
    const words = ['rolecall', 'watch', launch.id, ...followUp];
    return [...words, ...(output === 'text' ? [] : ['--output', output])].map(shellWord).join(' ');
  }

  #report(exit: ExitCode): string {
    const { output, launch, terminal, followUp, notes = [] } = this.#options;
    switch (output) {
      case 'json':
        return jsonReport(launchDocument(this.#view, launch, exit));
      case 'ndjson':
        return ndjsonResult(launchDocument(this.#view, launch, exit));
      case 'text':
        return textReport(this.#view, launch, {
          paint: painter(terminal.colour.stdout),
          columns: widthFor(terminal.stdout),
          followUp,
          notes,
        });
    }
  }
}
