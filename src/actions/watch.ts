import { timeoutOverride } from '../catalogue/overrides.ts';
import { DEFAULT_TIMEOUT_MS } from '../catalogue/role.ts';
import { type KnownInput, openKnownLaunch } from './known-launch.ts';
import { networkOf } from './no-network.ts';
import { follow, type RunChoice, type RunEvent } from './run.ts';
import type { Runtime } from './runtime.ts';

/** Which launch is followed, and how. */
export interface WatchInput extends KnownInput, RunChoice {}

/** Follows a launch that this or another machine began. */
export async function* watch(input: WatchInput, runtime: Runtime): AsyncGenerator<RunEvent, void, void> {
  // Before anything is asked for: a mistyped duration is no matter of AWS's.
  const givenMs = input.timeout === undefined ? DEFAULT_TIMEOUT_MS : timeoutOverride(input.timeout);
  const known = await openKnownLaunch(input, givenMs, runtime);
  const { session, requested, launched, machines, meta, timeoutMs, budget, patterns } = known;
  const { everyStep = false, against, defuse } = input;
  try {
    yield* follow(
      {
        verb: 'watch',
        launch: input.launch,
        meta,
        ...(requested !== undefined && { requested }),
        ...(launched !== undefined && { launched }),
        ...(machines !== undefined && { machines }),
        beacons: session.beacons,
        network: input.local && session.catalogue !== undefined ? networkOf(session.catalogue) : undefined,
        timeoutMs,
        budget,
        patterns,
        everyStep,
        against,
        defuse,
      },
      session,
    );
  } finally {
    await session.close();
  }
}
