import { openBeacons } from './beacons/beacons.ts';
import type { OpenChannel } from './channel.ts';
import { openConsole } from './console/console.ts';

/** The channels, in the order in which they are read. */
export const CHANNELS: readonly OpenChannel[] = [openConsole, openBeacons];
