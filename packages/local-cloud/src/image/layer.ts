import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { isAbandoned, MARK, ownMark } from '../holder.ts';

/** A folder (`root`) that stands for good once it is there: its name tells everything that it was made from. */
export interface Layer {
  readonly root: string;
  /** Whether it had to be made now. */
  readonly built: boolean;
}

/**
 * The layer `name` below `imagesDir`, made by `make` if it isn't there yet.
 * Made beside and renamed, so that it is whole or absent; of two builders at once the first to finish wins.
 * @param make makes `root` in the empty folder that it gets; what it throws is passed on, and nothing is left
 * @param limit how many of such layers stay when a new one was made
 */
export async function cachedLayer(
  imagesDir: string,
  name: string,
  make: (folder: string) => Promise<void>,
  limit?: LayerLimit,
): Promise<Layer> {
  const path = join(imagesDir, name);
  if (existsSync(path)) {
    // Its age is the time since its last use.
    const now = new Date();
    await utimes(path, now, now);
    return { root: join(path, 'root'), built: false };
  }
  await mkdir(imagesDir, { recursive: true, mode: 0o700 });
  await sweep(imagesDir);
  const building = join(imagesDir, `.building-${ownMark()}-${randomBytes(4).toString('hex')}`);
  await mkdir(building);
  try {
    await make(building);
    await moveInto(building, path);
    if (limit !== undefined) await thin(imagesDir, limit);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return { root: join(path, 'root'), built: true };
}

async function moveInto(building: string, path: string): Promise<void> {
  try {
    await rename(building, path);
  } catch (error) {
    // Another builder made the same layer meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** A layer that no launch has used for this long goes: 90 days. */
const KEEP_MS = 90 * 24 * 60 * 60 * 1000;

const BUILDING = new RegExp(`^\\.building-(${MARK})-`);

/** Large layers: of those with this prefix only the newest stay, and what was used within a day. */
export interface LayerLimit {
  /** `image-` */
  readonly prefix: string;
  /** How many stay. */
  readonly newest: number;
  /** Names of layers that stay in any case: a stopped machine's disk needs the layer when the machine starts again. */
  readonly inUse: ReadonlySet<string>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes layers over a limit, the longest unused first. */
async function thin(imagesDir: string, { prefix, newest, inUse }: LayerLimit): Promise<void> {
  const found = await readdir(imagesDir);
  const names = found.filter((name) => name.startsWith(prefix) && !inUse.has(name));
  const layers = await Promise.all(
    names.map(async (name) => {
      const path = join(imagesDir, name);
      // Missing by now: another builder removed it.
      return { path, usedAt: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const over = layers.sort((one, other) => other.usedAt - one.usedAt).slice(newest);
  for (const { path, usedAt } of over)
    if (systemClock.now() - usedAt > DAY_MS) await rm(path, { recursive: true, force: true });
}

/** Removes what killed builders left, and layers that nobody uses any more. */
async function sweep(imagesDir: string): Promise<void> {
  for (const name of await readdir(imagesDir)) {
    const path = join(imagesDir, name);
    const mark = BUILDING.exec(name)?.[1];
    const now = systemClock.now();
    // Missing by now: another builder swept it, or finished.
    const changedAt = (await stat(path).catch(() => undefined))?.mtimeMs ?? now;
    const idle = mark === undefined ? now - changedAt > KEEP_MS : isAbandoned(mark, changedAt, now);
    if (idle) await rm(path, { recursive: true, force: true });
  }
}
