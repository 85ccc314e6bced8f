import type { InstanceId } from '../model.ts';
import { type ConsolePart, followConsole, readConsole } from '../watch/channels/console/follow.ts';
import { regionFor } from './region.ts';
import type { Runtime } from './runtime.ts';
import { type CloudChoice, inSession, openSession } from './session.ts';

/** Whose console is read. */
export interface ConsoleInput extends CloudChoice {
  readonly instance: InstanceId;
}

/** Reads a machine's console once, in both of EC2's modes. */
export async function consoleOf(input: ConsoleInput, runtime: Runtime): Promise<ConsolePart[]> {
  return await inSession(await placeOf(input, runtime), runtime, ({ ec2 }) =>
    readConsole(ec2, input.instance),
  );
}

/** Follows a machine's console until the machine has ended, or the runtime's signal aborts. */
export async function* consoleFollowed(
  input: ConsoleInput,
  runtime: Runtime,
): AsyncGenerator<ConsolePart, void, void> {
  const session = await openSession(await placeOf(input, runtime), runtime);
  try {
    yield* followConsole(session.ec2, input.instance, runtime.clock, runtime.signal);
  } finally {
    await session.close();
  }
}

const placeOf = async (input: ConsoleInput, runtime: Runtime) => ({
  choice: input,
  region: await regionFor(input, runtime),
  catalogue: undefined,
});
