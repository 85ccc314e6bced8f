import { createHash } from 'node:crypto';
import type { Bucket } from '../aws/ports.ts';
import { ConflictError, UsageError } from '../errors.ts';
import type { Build, PathName } from '../nouns.ts';
import { findBuild, readPointer, type StoredPointer } from './current.ts';
import { archiveKey } from './manifest.ts';
import { type Move, moved, pointerKey, previousBuild, renderPointer } from './pointer.ts';

/** Who moves a pointer, and why. */
export interface Mover {
  readonly by: string;
  readonly why: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Hex, random. */
  readonly id: string;
}

/** What a move came to. */
export interface Moved {
  readonly build: Build;
  readonly from: PathName | null;
  /** False where the pointer named that build already: nothing was written. */
  readonly changed: boolean;
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
  const wrong = (what: string): UsageError =>
    new UsageError(`the build ${build.app} ${build.tag} can't be deployed: ${bucket.locate(key)} ${what}`, {
      hint: 'publish it again under another tag, or promote another build',
    });
  const head = await bucket.head(key);
  if (head === undefined) throw wrong('is not there');
  if (head.size !== build.size) throw wrong(`has ${head.size} bytes, and its manifest tells ${build.size}`);
  const expected = Buffer.from(build.sha256, 'hex').toString('base64');
  if (head.sha256 === expected) return;
  // The checksum of an upload in parts is that of its parts' digests: it says nothing about the whole.
  const whole =
    head.sha256 === undefined || head.sha256.includes('-') ? await hashOf(bucket, key) : undefined;
  if (whole !== build.sha256) throw wrong('has another SHA-256 than its manifest tells: it was replaced');
}

/** Hex SHA-256 of an object's bytes. */
async function hashOf(bucket: Bucket, key: string): Promise<string | undefined> {
  const body = await bucket.read(key);
  if (body === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
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
  const written =
    before === undefined
      ? await bucket.createText(key, text)
      : (await bucket.replaceText(key, text, before.etag)) !== undefined;
  if (written) return { build, from, changed: true };
  const winner = (await readPointer(bucket, app, environment))?.pointer.moves;
  // The answer to our own write may have been lost: then our move is there, though perhaps not the newest any more.
  if (winner?.some((other) => other.id === id)) return { build, from, changed: true };
  throw lost(app, environment, winner?.[0]);
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
