// Begins with the lanes whose files take longest, so that no core idles at the end of a run of all.
import TestSequencer from '@jest/test-sequencer';

const LANES = ['box', 'e2e', 'cloud', 'property', 'unit'];
const laneOf = ({ context }) => LANES.indexOf(context.config.displayName?.name);

export default class extends TestSequencer {
  /** Within a lane as Jest does it: files that failed first, then the longest, by time or else by size. */
  sort(tests) {
    return super.sort(tests).sort((one, other) => laneOf(one) - laneOf(other));
  }
}
