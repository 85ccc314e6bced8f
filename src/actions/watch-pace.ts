import type { Session } from './session.ts';

/** One's own machine may be asked often; and a local cloud that is out of reach is gone. */
const LOCAL_PACE = { tickMs: 150, unreachableMs: 2_000 };

/** How often machines of a session's cloud are looked at, where it isn't as usual. */
export function watchPace({ local }: Pick<Session, 'local'>): Partial<typeof LOCAL_PACE> {
  if (local === undefined) return {};
  // Simulated machines show how a fleet is rolled out on AWS, and what that costs.
  const { tickMs, unreachableMs } = LOCAL_PACE;
  return local.simulated ? { unreachableMs } : { tickMs, unreachableMs };
}
