import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { wholeNumber } from '../../text.ts';
import type { Runtime } from '../runtime.ts';
import type { ChildOptions } from './gateway.ts';
import { speedOf } from './speed.ts';

/** The boxes of a cloud for one command, as the environment asks for them: for tests, benchmarks and CI. */
export function boxesAskedFor({ env, cwd }: Runtime): Pick<ChildOptions, 'machines' | 'speed' | 'faults'> {
  const {
    ROLECALL_LOCAL_BOXES: boxes,
    ROLECALL_LOCAL_FAULTS: faults,
    ROLECALL_LOCAL_CLOCK_SPEED: speed,
  } = env;
  const machines = boxes || 'sandbox';
  if (machines !== 'sandbox' && machines !== 'vm' && machines !== 'simulated')
    throw new UsageError(`ROLECALL_LOCAL_BOXES must be vm or simulated: ${boxes}`, {
      hint: 'unset it for sandboxes',
    });
  return {
    machines,
    speed: speed
      ? speedOf(wholeNumber(speed), machines === 'simulated', 'ROLECALL_LOCAL_CLOCK_SPEED')
      : undefined,
    faults: faults ? resolve(cwd, faults) : undefined,
  };
}
