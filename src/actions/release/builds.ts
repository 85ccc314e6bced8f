import { currentBuild, findBuild } from '../../release/current.ts';
import { listBuilds, pointersOf } from '../../release/list.ts';
import type { CurrentBuild } from '../../release/results.ts';
import type { BuildList } from '../../results/release.ts';
import type { Runtime } from '../runtime.ts';
import { environmentOf } from './app.ts';
import { inBucket, type ReleaseInput } from './place.ts';

/** Lists the builds of an app, newest first. */
export async function list(input: ReleaseInput, runtime: Runtime): Promise<BuildList> {
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) => {
    const [{ builds, damaged }, { pointers, damaged: damagedPointers }] = await Promise.all([
      listBuilds(bucket, app),
      pointersOf(bucket, app, catalogue.environments),
    ]);
    return { app, builds, pointers, damaged, damagedPointers };
  });
}

/** Which build is shown. */
export interface ShowInput extends ReleaseInput {
  readonly tag?: string | undefined;
  readonly environment?: string | undefined;
}

/** Finds one build: by its tag, or by the environment that deploys it. */
export async function show(input: ShowInput, runtime: Runtime): Promise<CurrentBuild> {
  const { tag, environment } = input;
  return await inBucket(input, runtime, async ({ bucket, app, catalogue }) =>
    tag === undefined
      ? await currentBuild(bucket, app, environmentOf(environment, catalogue))
      : { build: await findBuild(bucket, app, tag), movedAt: undefined, by: undefined },
  );
}
