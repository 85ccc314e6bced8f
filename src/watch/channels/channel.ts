/** A channel: one of the ways on which a machine's boot is told. A new one is a file or folder here, and a row in all.ts. */
import type { InstanceId } from '../../model.ts';
import type { Claim } from '../claims.ts';
import type { WatchEvent } from '../events.ts';
import type { Machines } from '../machines.ts';
import type { Notices } from '../notices.ts';
import type { Pace } from '../pace.ts';
import type { Plan } from '../plan.ts';
import type { Readings } from '../readings.ts';
import type { Requests } from '../requests.ts';
import type { SideBySide } from '../side-by-side.ts';
import type { Tracked } from '../tracked.ts';
import type { Verdict } from '../verdict.ts';

/**
 * A channel brings what machines tell: as text, which it folds into `Tracked.text`, or as claims. It waits out trouble of its
 * own that may pass, and tells a notice of it; what it throws ends the watch.
 */
export interface Channel {
  /** What one thing is called that it brings: `a beacon that nothing proves says ok init`. */
  readonly noun: string;
  /** Begins a round: sends the requests that are due about many machines at once, and waits for none. */
  begin?(undecided: readonly Tracked[]): void;
  /** The markers that have come of a machine. The watcher proves them. */
  claims?(id: InstanceId): readonly Claim[];
  /** Which of the machines it may not tell the verdict of by itself, so that others must be read. */
  uncovered?(undecided: readonly Tracked[]): readonly Tracked[];
  /** Reads machines that are due, each by `Tools.looks`, for which the watcher waits. Verdicts go through `Tools.decide`. */
  read(round: Round): Promise<readonly WatchEvent[]>;
  /** Whether a verdict that another channel found may be told now. If not, this channel tells it itself, or asks once more. */
  allows?(tracked: Tracked, verdict: Verdict): boolean;
  /** Learns that a machine has its verdict. */
  decided?(tracked: Tracked, verdict: Verdict): void;
  /** What people should know of the channel since this was last asked. */
  news?(): readonly WatchEvent[];
}

/** One look of the watcher at all machines. */
export interface Round {
  /** Machines without a verdict. */
  readonly undecided: readonly Tracked[];
  /** Those of them that no other channel covers. */
  readonly uncovered: readonly Tracked[];
  /** How many machines there are or will be, judged ones too; where another channel covers most, how many it leaves. */
  readonly fleet: number;
}

/** What a channel works with. */
export interface Tools extends Plan {
  readonly machines: Machines;
  readonly notices: Notices;
  readonly requests: Requests;
  readonly readings: Readings;
  readonly pace: Pace;
  readonly looks: SideBySide;
  /** What channels brought of a machine that nothing proves, as sentences. */
  readonly unproved: (tracked: Tracked) => string[];
  /** Tells a verdict, unless another channel was quicker or doesn't allow it yet. */
  readonly decide: (tracked: Tracked, verdict: Verdict) => WatchEvent[];
}

/** @returns undefined where this launch doesn't have the channel */
export type OpenChannel = (tools: Tools) => Channel | undefined;
