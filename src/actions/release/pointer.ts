import { readPointer } from '../../release/current.ts';
import { rollback as moveBack, promote as moveTo } from '../../release/move.ts';
import type { PointerHistory, PointerMove } from '../../results/release.ts';
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

/** Tells who moved an environment's pointer, when, from where, to where and why. */
export async function history(input: PointerInput, runtime: Runtime): Promise<PointerHistory> {
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) => {
    const environment = environmentOf(input.environment, catalogue);
    const pointer = (await readPointer(bucket, app, environment))?.pointer;
    return { app, environment, tag: pointer?.tag ?? null, moves: pointer?.moves ?? [] };
  });
}
