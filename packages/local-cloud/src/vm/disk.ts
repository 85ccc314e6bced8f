import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';

const execFileAsync = promisify(execFile);

/** What a machine has written over its image. The file has no name: it is gone when nobody has it open. */
export interface Disk {
  readonly fd: number;
  close(): Promise<void>;
}

/**
 * Makes an empty disk over an image.
 * @param image absolute path of the raw image, which is never written
 * @param folder where the file is made; nobody else may write there
 * @throws CloudError when there is no room for it, or the image is gone
 */
export async function makeDisk(image: string, folder: string, name: string): Promise<Disk> {
  const path = join(folder, name);
  let file: FileHandle;
  try {
    await execFileAsync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'raw', path], {
      env: SYSTEM_ENV,
    });
    file = await open(path, 'r+');
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw new CloudError('usage', `the disk of a machine could not be made: ${said}`, {
      hint: `make room in ${folder}, or build the image again`,
      cause: error,
    });
  } finally {
    rmSync(path, { force: true });
  }
  return { fd: file.fd, close: () => file.close() };
}
