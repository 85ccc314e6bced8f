import type { Fleet, Wanted } from '../fleet/members.ts';
import type { FleetName } from '../launch/fleet-name.ts';

/** A fleet as `status` shows it. */
export interface FleetStatus {
  readonly name: FleetName;
  readonly fleet: Fleet;
  /** What a launch would give now; undefined where the catalogue has no such role any more. */
  readonly wanted: Wanted | undefined;
  /** The size that the fleet is to have; null where none was recorded. */
  readonly target: number | null;
  /** Who is at work on it, in words; undefined where nobody is. */
  readonly busy: string | undefined;
}

export type { Member } from '../fleet/members.ts';
