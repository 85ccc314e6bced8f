import { randomBytes } from 'node:crypto';
import type { Bucket } from '../../aws/ports.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { PathName } from '../../model.ts';
import type { Mover } from '../../release/move.ts';
import { regionFor } from '../region.ts';
import type { Runtime } from '../runtime.ts';
import {
  bucketPlace,
  type CloudChoice,
  inSession,
  openCatalogue,
  requireBucket,
  type Session,
} from '../session.ts';
import { actorOf, appOf, reasonOf } from './app.ts';

/** What a release command works on. */
export interface ReleasePlace {
  readonly bucket: Bucket;
  readonly session: Session;
  readonly catalogue: Catalogue;
  readonly app: PathName;
}

/** Which bucket, and which app. */
export interface ReleaseInput extends CloudChoice {
  readonly app?: string | undefined;
}

/** Opens the catalogue's bucket for a release command, runs it, and closes what was opened. */
export async function inBucket<T>(
  input: ReleaseInput,
  runtime: Runtime,
  run: (place: ReleasePlace) => Promise<T>,
): Promise<T> {
  const catalogue = await openCatalogue(input, runtime);
  const app = appOf(input.app, catalogue);
  const place = bucketPlace(input, await regionFor(input, runtime), catalogue);
  return await inSession(place, runtime, (session) =>
    run({ session, bucket: requireBucket(session), catalogue, app }),
  );
}

/** Who moves a pointer now. @throws UsageError for a reason that can't be kept */
export const moverOf = (why: string | undefined, runtime: Runtime): Mover => ({
  by: actorOf(runtime),
  why: reasonOf(why),
  now: runtime.clock.now(),
  id: randomBytes(8).toString('hex'),
});
