import { UsageError } from '../../errors.ts';

/** Far above what a machine can keep up with; timers have a resolution of a millisecond. */
const MAX_SPEED = 1000;

/**
 * How many times as fast a local cloud's time is to run; undefined where nothing was asked for.
 * @param name how messages call it
 * @throws UsageError
 */
export function speedOf(
  speed: number | undefined,
  simulated: boolean,
  name = '--clock-speed',
): number | undefined {
  if (speed === undefined) return undefined;
  if (!(speed >= 1 && speed <= MAX_SPEED))
    throw new UsageError(`${name} must be a number from 1 to ${MAX_SPEED}: ${speed}`, {
      hint: `${name} 50 makes a minute of the cloud's time about a second`,
    });
  if (!simulated && speed !== 1)
    throw new UsageError(`${name} needs simulated boxes: real ones live in this machine's time`, {
      hint: 'rolecall local up --boxes simulated --clock-speed 50',
    });
  return speed;
}
