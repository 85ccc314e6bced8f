import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^rolecall-scratch-(\d+)-/;

/**
 * A new folder for what this process needs for a moment; it removes it itself. What processes that were killed have left
 * goes now: it may be gigabytes.
 */
export async function scratchFolder(base = tmpdir()): Promise<string> {
  for (const name of await readdir(base)) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0);
    // Another user's can't be removed, and needn't.
    if (pid > 0 && !lives(pid))
      await rm(join(base, name), { recursive: true, force: true }).catch(() => undefined);
  }
  return await mkdtemp(join(base, `rolecall-scratch-${process.pid}-`));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, which may not be signalled.
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
