import type { FleetEvent } from '../fleet/events.ts';
import type { LaunchEvent } from '../launch/events.ts';
import type { WatchEvent } from '../watch/events.ts';

/** All that a command may tell of while it is at work. */
export type ReportedEvent = LaunchEvent | FleetEvent | WatchEvent;
