import type { Bucket } from '../aws/ports.ts';
import { AwsError, ConflictError, UsageError } from '../errors.ts';
import type { Build, PathName } from '../model.ts';
import { findBuild, readPointer, type StoredPointer } from './current.ts';
import { archiveKey } from './manifest.ts';
import { type Move, moved, pointerKey, previousBuild, renderPointer } from './pointer.ts';
import type { Moved } from './results.ts';
import { compareStored } from './stored.ts';

/** Who moves a pointer, and why. */
export interface Mover {
  readonly by: string;
  readonly why: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Hex, random. */
  readonly id: string;
}

/**
 * Makes `tag` the build that an environment deploys, once the build is known to be whole.
 * @throws UsageError where there is no such build, or its archive isn't what its manifest tells
 * @throws ConflictError where somebody else moved the pointer meanwhile; nothing is changed then
 */
export async function promote(
  bucket: Bucket,
  app: PathName,
  environment: string,
  tag: string,
  mover: Mover,
): Promise<Moved> {
  const before = await readPointer(bucket, app, environment);
  const build = await findBuild(bucket, app, tag);
  await checkArchive(bucket, build);
  return await move(bucket, environment, before, build, 'promote', mover);
}

/**
 * Goes back to the build before the current one, or to the one that is named.
 * @throws UsageError where there is none to go back to
 * @throws ConflictError where somebody else moved the pointer meanwhile; nothing is changed then
 */
export async function rollback(
  bucket: Bucket,
  app: PathName,
  environment: string,
  to: string | undefined,
  mover: Mover,
): Promise<Moved> {
  const before = await readPointer(bucket, app, environment);
  if (before === undefined)
    throw new UsageError(`no build of ${app} is promoted to ${environment}: there is nothing to go back to`, {
      hint: `rolecall release promote TAG --app ${app} --env ${environment}`,
    });
  const tag = to ?? previousBuild(before.pointer);
  if (tag === undefined)
    throw new UsageError(`${environment} has had no build of ${app} before ${before.pointer.tag}`, {
      hint: `name one with --to: rolecall release list --app ${app} tells what there is`,
    });
  const build = await findBuild(bucket, app, tag);
  await checkArchive(bucket, build);
  return await move(bucket, environment, before, build, 'rollback', mover);
}

/**
 * Makes sure that a build's archive is there and is the one that its manifest tells: by the SHA-256 that S3 verified when it
 * was written, or else by reading it.
 * @throws UsageError
 */
export async function checkArchive(bucket: Bucket, build: Build): Promise<void> {
  const key = archiveKey(build);
  const stored = await compareStored(bucket, build);
  if (stored.kind === 'identical') return;
  const { app, tag, commit, dirty, sha256, size } = build;
  const what =
    stored.kind === 'absent'
      ? 'is not there'
      : stored.size === size
        ? `has the SHA-256 ${stored.sha256}, and its manifest tells ${sha256}: it was replaced`
        : `has ${stored.size} bytes, and its manifest tells ${size}`;
  throw new UsageError(`the build ${app} ${tag} can't be deployed: ${bucket.locate(key)} ${what}`, {
    hint: dirty
      ? `promote another build (rolecall release list --app ${app}): no commit holds this one's changes`
      : `publish the same build again, which repairs it: rolecall release publish ${commit} --app ${app} --tag ${tag}`,
  });
}

async function move(
  bucket: Bucket,
  environment: string,
  before: StoredPointer | undefined,
  build: Build,
  action: Move['action'],
  { by, why, now, id }: Mover,
): Promise<Moved> {
  const from = before?.pointer.tag ?? null;
  if (from === build.tag) return { build, from, changed: false };
  const { app, tag: to } = build;
  const entry: Move = { at: new Date(now).toISOString(), by, action, from, to, why, id };
  const text = renderPointer(moved(before?.pointer, entry));
  const key = pointerKey(app, environment);
  const write = async () =>
    before === undefined
      ? await bucket.createText(key, text)
      : (await bucket.replaceText(key, text, before.etag)) !== undefined;
  let unknown: AwsError | undefined;
  try {
    if (await write()) return { build, from, changed: true };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    unknown = error;
  }
  const winner = await movesNow(bucket, app, environment, unknown);
  // The answer to our own write may have been lost: then our move is there, though perhaps not the newest any more.
  if (winner?.some((other) => other.id === id)) return { build, from, changed: true };
  // A write that was conditional on the pointer as it was can't come into force any more once that has moved.
  const isUnmoved = winner?.[0]?.id === before?.pointer.moves[0]?.id;
  throw unknown !== undefined && isUnmoved ? unknown : lost(app, environment, winner?.[0]);
}

/** The moves as they stand. @throws AwsError where they can't be read: then the reason why the write was no success */
async function movesNow(
  bucket: Bucket,
  app: PathName,
  environment: string,
  unknown: AwsError | undefined,
): Promise<readonly Move[] | undefined> {
  try {
    return (await readPointer(bucket, app, environment))?.pointer.moves;
  } catch (error) {
    throw unknown ?? error;
  }
}

function lost(app: PathName, environment: string, winner: Move | undefined): ConflictError {
  const who =
    winner === undefined
      ? 'somebody removed it'
      : `${winner.by} moved it to ${winner.to} at ${winner.at}${winner.why === null ? '' : ` (${winner.why})`}`;
  return new ConflictError(
    `the pointer of ${app} in ${environment} was moved meanwhile: ${who}; nothing was changed`,
    {
      hint: `look whether yours is still wanted: rolecall release history --app ${app} --env ${environment}`,
      data: winner === undefined ? {} : { winner },
    },
  );
}
