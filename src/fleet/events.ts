import type { LaunchEvent } from '../launch/events.ts';
import type { Machine } from '../model.ts';
import type { Member } from './members.ts';
import type { EndHow } from './record.ts';

/** Why machines are ended. */
export type EndReason = 'surplus' | 'failed' | 'replaced' | 'asked';

/** What a change of a fleet tells beside the launching, as it happens; `at` is epoch milliseconds. */
export type FleetEvent =
  /** Where the fleet stands, and what is to be done. */
  | {
      readonly type: 'fleet-seen';
      readonly at: number;
      readonly members: readonly Member[];
      readonly strangers: number;
      readonly target: number;
    }
  /** A wave begins: `canary` is one machine alone. */
  | {
      readonly type: 'wave-started';
      readonly at: number;
      readonly wave: number;
      readonly size: number;
      readonly left: number;
      readonly canary: boolean;
    }
  /** Machines were told to end, and EC2 has taken it. */
  | {
      readonly type: 'machines-ended';
      readonly at: number;
      readonly members: readonly Member[];
      readonly how: EndHow;
      readonly reason: EndReason;
    }
  /** A new machine that had proved its boot is gone, or stopped, before an old one went for it. */
  | { readonly type: 'machine-died'; readonly at: number; readonly machine: Machine }
  /** Too many failures: `left` machines are not launched. */
  | {
      readonly type: 'breaker-tripped';
      readonly at: number;
      readonly failures: number;
      readonly allowed: number;
      readonly left: number;
    }
  | { readonly type: 'notice'; readonly at: number; readonly text: string };

/** What a fleet's command tells. */
export type FleetStreamEvent = LaunchEvent | FleetEvent;
