import type { Capacity } from '../box.ts';
import { Ec2Error } from './ec2-error.ts';
import type { Instance } from './instance.ts';

/** Room on this computer. */
export interface Room {
  /** How many more machines can be up; infinite where nothing limits them. */
  readonly free: number;
  /** A sentence that tells why, where something limits them. */
  readonly why: string | undefined;
}

/** The room that is left beside the given machines; a machine that is just ending still holds its memory. */
export function roomFor(capacity: Capacity | undefined, machines: readonly Instance[]): Room {
  if (capacity === undefined) return { free: Number.POSITIVE_INFINITY, why: undefined };
  const held = machines.filter(({ life }) => life.state !== 'stopped' && life.state !== 'terminated').length;
  return {
    free: Math.max(0, capacity.machines - held),
    why: `This computer runs ${held} of the ${capacity.machines} virtual machines that it has room for: ${capacity.sentence}.`,
  };
}

/** EC2's refusal of a launch or a start for lack of room, with the local cloud's own reason. */
export const noRoomHere = (type: string, { why }: Room): Ec2Error =>
  new Ec2Error(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${type} capacity. ${why ?? ''}`.trimEnd(),
  );
