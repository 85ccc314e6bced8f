import type { AwsError } from '../errors.ts';
import type { Reading } from './facts.ts';
import { judgeFinally } from './judge.ts';
import { sceneOf } from './scene.ts';
import { lost, silent } from './silence.ts';
import { factsAtEnd, isOver, type Limits, type Moment, type Tracked } from './tracked.ts';
import type { Verdict } from './verdict.ts';

/** How long the last reading of a console is tried again where AWS is in trouble. */
const LAST_READING_MS = 30_000;

interface Ending {
  readonly now: Moment;
  readonly limits: Limits;
  /** Why the console could not be read just now, if it could not. */
  readonly failed: AwsError | undefined;
  readonly impaired: boolean;
  /** The console can't be asked for at any time. */
  readonly postedOnly: boolean;
  /** EC2 has described the machine, and its newest answer does not. */
  readonly vanished: boolean;
  /** What channels brought that nothing proves, as sentences. */
  readonly unproved: readonly string[];
}

/** @returns the verdict on a machine whose wait is over, once its console was read for the last time */
export function verdictAtEnd(tracked: Tracked, reading: Reading, ending: Ending): Verdict | undefined {
  const { now: moment, limits, failed, impaired, postedOnly, vanished, unproved } = ending;
  const { text, machine, finalSince, knownSince, runningSince, described } = tracked;
  if (finalSince === undefined) return undefined;
  const { monotonic: now, wall } = moment;
  if (failed !== undefined && now - finalSince < LAST_READING_MS) return undefined;
  const facts = factsAtEnd(tracked, reading);
  const gone = vanished || isOver(tracked, now, limits) === 'gone';
  return judgeFinally(facts, { launchedAt: machine.launchedAt, now: wall }, () => {
    if (gone) return lost(facts, machine, !vanished);
    // Once proved, and its console has rolled over since: silence takes nothing back, but a later run does.
    const { run, unread } = sceneOf(facts.entries);
    if (machine.tags['rolecall:verdict'] === 'succeeded' && run.length === 0 && !unread)
      return { outcome: 'succeeded', steps: [] };
    return silent(facts, text, reading, {
      described,
      running: runningSince !== undefined,
      impaired,
      postedOnly,
      waitedMs: now - knownSince,
      now: wall,
      unread: failed?.message,
      unproved,
    });
  });
}
