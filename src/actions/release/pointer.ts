/** Where an environment's pointer is moved, and what is known of its moves. */
import type { PathName } from '../../model.ts';
import { readPointer } from '../../release/current.ts';
import { type Moved, rollback as moveBack, promote as moveTo } from '../../release/move.ts';
import type { Move } from '../../release/pointer.ts';
import type { Runtime } from '../runtime.ts';
import { environmentOf } from './app.ts';
import { inBucket, moverOf, type ReleaseInput } from './place.ts';

/** Whose pointer is meant. */
export interface PointerInput extends ReleaseInput {
  readonly environment?: string | undefined;
}

/** Whose pointer is moved, and why. */
export interface MoveInput extends PointerInput {
  readonly why?: string | undefined;
}

/** A move, and whose pointer it was. */
export interface PointerMove {
  readonly environment: PathName;
  readonly moved: Moved;
}

/** Makes a build the one that an environment deploys. */
export async function promote(
  input: MoveInput & { readonly tag: string },
  runtime: Runtime,
): Promise<PointerMove> {
  const mover = moverOf(input.why, runtime);
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) => {
    const environment = environmentOf(input.environment, catalogue);
    return { environment, moved: await moveTo(bucket, app, environment, input.tag, mover) };
  });
}

/** Goes back to the build before, or to the one that is named. */
export async function rollback(
  input: MoveInput & { readonly to?: string | undefined },
  runtime: Runtime,
): Promise<PointerMove> {
  const mover = moverOf(input.why, runtime);
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) => {
    const environment = environmentOf(input.environment, catalogue);
    return { environment, moved: await moveBack(bucket, app, environment, input.to, mover) };
  });
}

/** The moves of an environment's pointer, newest first. */
export interface PointerHistory {
  readonly app: PathName;
  readonly environment: PathName;
  readonly tag: string | null;
  readonly moves: readonly Move[];
}

/** Tells who moved an environment's pointer, when, from where, to where and why. */
export async function history(input: PointerInput, runtime: Runtime): Promise<PointerHistory> {
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) => {
    const environment = environmentOf(input.environment, catalogue);
    const pointer = (await readPointer(bucket, app, environment))?.pointer;
    return { app, environment, tag: pointer?.tag ?? null, moves: pointer?.moves ?? [] };
  });
}
