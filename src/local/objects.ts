import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where a cloud keeps the objects of its S3. */
export interface ObjectsFolder {
  /** Absolute. */
  readonly folder: string;
  /** It goes with its cloud. */
  readonly passing: boolean;
  /** The cloud has ended. */
  close(): void;
}

const PASSING = /^s3-passing-(\d+)$/;

/**
 * The folder of the objects that outlive their cloud; where `passing`, one that goes with it. What a cloud with a faster
 * clock stores is dated in the future: another cloud, or the next one, would take it for new until that time has come.
 * @param folder the local cloud's folder
 */
export function openObjects(folder: string, passing: boolean): ObjectsFolder {
  for (const name of readdirSync(folder)) {
    const [, pid] = PASSING.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(folder, name));
  }
  if (!passing) return { folder: join(folder, 's3'), passing, close: () => undefined };
  const own = join(folder, `s3-passing-${process.pid}`);
  // A process that had our number may have left its own.
  remove(own);
  return { folder: own, passing, close: () => remove(own) };
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
