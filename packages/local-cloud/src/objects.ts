import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { isAbandoned, MARK, ownMark } from './holder.ts';

/** Where a cloud keeps the objects of its S3. */
export interface ObjectsFolder {
  /** Absolute. */
  readonly folder: string;
  /** It goes with its cloud. */
  readonly passing: boolean;
  /** The cloud has ended. */
  close(): void;
}

const PASSING = new RegExp(`^s3-passing-(${MARK})$`);

/**
 * The folder of the objects that outlive their cloud; where `passing`, one that goes with it. What a cloud with a faster
 * clock stores is dated in the future: another cloud, or the next one, would take it for new until that time has come.
 * @param folder the local cloud's folder
 */
export function openObjects(folder: string, passing: boolean): ObjectsFolder {
  for (const name of readdirSync(folder)) {
    const [, mark] = PASSING.exec(name) ?? [];
    const path = join(folder, name);
    if (mark !== undefined && isAbandoned(mark, statSync(path).mtimeMs, systemClock.now())) remove(path);
  }
  if (!passing) return { folder: join(folder, 's3'), passing, close: () => undefined };
  const own = join(folder, `s3-passing-${ownMark()}`);
  return { folder: own, passing, close: () => remove(own) };
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });
