import { createReadStream } from 'node:fs';
import { UsageError } from '../errors.ts';
import type { Build } from '../model.ts';
import { digestsOf } from './digests.ts';

/**
 * Reads an archive on this machine: the tar that is published is the file's own, not the one that its manifest tells.
 * @returns the manifest's build, once the file is what it tells
 * @throws UsageError
 */
export async function checkedFile(path: string, build: Build): Promise<Build> {
  const file = createReadStream(path);
  const found = await digestsOf(file, build.archive).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read (${error.code})`, {
      hint: 'give the archive that `rolecall release build` made',
      cause: error,
    });
  });
  const wrong = (['size', 'sha256', 'tarSha256'] as const).find((name) => found[name] !== build[name]);
  if (wrong === undefined) return build;
  const names = { size: 'size', sha256: 'SHA-256', tarSha256: 'SHA-256 of its tar' } as const;
  throw new UsageError(
    `${path} is not what its manifest tells: its ${names[wrong]} is ${found[wrong] ?? 'none, since it can not be unpacked'}, not ${build[wrong]}`,
    { hint: 'build it again, then run the same command again; nothing was published' },
  );
}
