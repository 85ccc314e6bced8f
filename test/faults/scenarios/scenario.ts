import type { Ended, Place } from '../place.ts';

/** One command, what must be there before it, and what must be true after it, whatever happened on the way. */
export interface Scenario {
  readonly name: string;
  /** Runs in the cloud whose second machine of each batch hangs. */
  readonly hanging?: true;
  /** Brings the cloud into the state that the command meets; all requests pass meanwhile. */
  prepare(place: Place): Promise<void>;
  argv(place: Place): readonly string[];
  /** What is wrong after a run that met faults, a sentence each: with the cloud, or with what the run told of it. */
  judge(place: Place, ended: Ended): Promise<readonly string[]>;
  /** What is wrong after the same command was run again and met none. */
  judgeEnd(place: Place, ended: Ended): Promise<readonly string[]>;
}
