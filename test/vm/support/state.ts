import { homedir } from 'node:os';
import { join } from 'node:path';

/** The state folder of the lane's clouds. It outlives them, since the image of a VM takes minutes to make. */
export const LANE_STATE = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'rolecall-test-vm',
);

/** Below it, the local cloud's own folder. */
export const LANE_CLOUD = join(LANE_STATE, 'rolecall/local');
