import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  constants,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../errno.ts';
import { CloudError } from '../errors.ts';
import type { Bootstrapper } from '../installation.ts';
import { reservedReason } from './reserved.ts';

/** A file or symbolic link that goes into the image. */
export type ImageFile = {
  /** Where it goes, relative to the root: `etc/rc.local`. */
  readonly target: string;
  /** Permission bits. */
  readonly mode: number;
} & (
  | {
      readonly kind: 'file' | 'link';
      /** Absolute path that it comes from. */
      readonly source: string;
    }
  | { readonly kind: 'text'; readonly text: string }
);

/** What starts the bootstrapper: in sandboxes rc.local, in virtual machines a unit of systemd. */
export type Starter = 'rc.local' | 'unit';

/** Where the unit lies in an image. */
export const UNIT = 'etc/systemd/system/rolecall-bootstrapper.service';

/** What every image has of the product itself, unless its overlay brings the same paths. */
const shipped = ({ program, rcLocal, unit }: Bootstrapper, starter: Starter): readonly ImageFile[] => [
  { target: 'usr/local/sbin/rolecall-bootstrapper', kind: 'text', text: program, mode: 0o755 },
  starter === 'unit'
    ? { target: UNIT, kind: 'file', source: unit, mode: 0o644 }
    : { target: 'etc/rc.local', kind: 'file', source: rcLocal, mode: 0o755 },
];

/**
 * The files of an image, sorted by target: the overlay's, and the product's bootstrapper where it has none. The unit stays out
 * where the overlay has an rc.local, which starts the bootstrapper itself.
 * @throws CloudError when the overlay is no folder or holds something that is neither file, folder nor link
 */
export async function imageFiles(
  bootstrapper: Bootstrapper,
  overlay: string | undefined,
  starter: Starter = 'rc.local',
): Promise<readonly ImageFile[]> {
  const files = new Map<string, ImageFile>();
  for (const file of shipped(bootstrapper, starter)) files.set(file.target, file);
  if (overlay !== undefined) {
    await assertFolder(overlay);
    const found = await walk(overlay, '');
    refuseReserved(found, overlay);
    if (found.some(({ target }) => target === 'etc/rc.local')) files.delete(UNIT);
    for (const file of found) files.set(file.target, file);
  }
  return [...files.values()].sort((one, other) => (one.target < other.target ? -1 : 1));
}

async function assertFolder(overlay: string): Promise<void> {
  const found = await lstat(overlay).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new CloudError('usage', `local_image.overlay: ${overlay} is not a folder`, {
    hint: 'make the folder, or name another one in roles.yaml (relative to it)',
  });
}

/** @throws CloudError with every path of the overlay that no image may have */
function refuseReserved(files: readonly ImageFile[], overlay: string): void {
  const faults = files.flatMap(({ target, kind }) => {
    const reason = reservedReason(target, kind === 'link' ? 'link' : 'file');
    return reason === undefined ? [] : [`  ${join(overlay, target)} ${reason}`];
  });
  if (faults.length > 0)
    throw new CloudError(
      'usage',
      ['local_image.overlay holds what no image may have:', ...faults].join('\n'),
      {
        hint: 'take it out of that folder',
      },
    );
}

async function walk(folder: string, prefix: string): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const source = join(folder, entry.name);
    const target = join(prefix, entry.name);
    if (entry.isDirectory()) files.push(...(await walk(source, target)));
    else if (entry.isFile())
      files.push({ target, source, kind: 'file', mode: (await lstat(source)).mode & 0o7777 });
    else if (entry.isSymbolicLink()) files.push({ target, source, kind: 'link', mode: 0o777 });
    else
      throw new CloudError('usage', `local_image.overlay: ${source} is neither a file, a folder nor a link`);
  }
  return files;
}

/** SHA-256 (hex) over targets, modes and contents, their owner (who builds), and the names of the layers below. */
export async function filesHash(files: readonly ImageFile[], lowers: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`1 ${process.getuid?.()} ${lowers.join(' ')}\0`);
  for (const file of files) {
    const content = await contentOf(file);
    hash.update(`${file.kind} ${file.mode.toString(8)} ${content.length} ${file.target}\0`).update(content);
  }
  return hash.digest('hex');
}

async function contentOf(file: ImageFile): Promise<Buffer> {
  switch (file.kind) {
    case 'file':
      return await readFile(file.source);
    case 'link':
      return Buffer.from(await readlink(file.source));
    case 'text':
      return Buffer.from(file.text);
  }
}

/**
 * Copies the files into a new folder, `layer`. Folders get the mode and owner that they have below (in `lowers`, topmost first,
 * the host's root last), because an overlay shows those of its topmost folder; new ones are open to all for reading.
 */
export async function writeFiles(
  files: readonly ImageFile[],
  layer: string,
  lowers: readonly string[],
): Promise<void> {
  await mkdir(layer);
  await chmod(layer, 0o755);
  const made = new Set<string>(['.']);
  for (const file of files) {
    const target = await onRealRoot(file.target);
    const path = join(layer, target);
    try {
      await makeFolders(dirname(target), layer, lowers, made);
      await place(file, path);
    } catch (error) {
      throw codeOf(error) === 'EEXIST' ? twice(file.target, target) : error;
    }
  }
}

/** Writes one file, never through a link that has its name already. */
async function place(file: ImageFile, path: string): Promise<void> {
  if (file.kind === 'link') return await symlink(await readlink(file.source), path);
  if (file.kind === 'text') await writeFile(path, file.text, { flag: 'wx' });
  else await copyFile(file.source, path, constants.COPYFILE_EXCL);
  await chmod(path, file.mode);
}

const twice = (target: string, path: string): CloudError =>
  new CloudError(
    'usage',
    `local_image.overlay: ${target} would become ${path}, and so would another path of the image`,
    {
      hint: `leave one of them out (/${target.split('/')[0]} is a link)`,
    },
  );

/** `bin/x` is `usr/bin/x` where /bin is a link: a folder in the layer would hide that link. */
async function onRealRoot(target: string): Promise<string> {
  const [top = '', ...rest] = target.split('/');
  if (rest.length === 0) return target;
  const link = await readlink(join('/', top)).catch(() => undefined);
  return link === undefined ? target : join('/', link, ...rest).slice(1);
}

async function makeFolders(
  folder: string,
  layer: string,
  lowers: readonly string[],
  made: Set<string>,
): Promise<void> {
  if (made.has(folder)) return;
  made.add(folder);
  await makeFolders(dirname(folder), layer, lowers, made);
  const path = join(layer, folder);
  await mkdir(path);
  const below = await folderBelow(folder, lowers);
  await chmod(path, below === undefined ? 0o755 : below.mode & 0o7777);
  if (below !== undefined && process.getuid?.() === 0) await chown(path, below.uid, below.gid);
}

async function folderBelow(folder: string, lowers: readonly string[]) {
  for (const lower of lowers) {
    const found = await lstat(join(lower, folder)).catch(() => undefined);
    if (found?.isDirectory()) return found;
  }
  return undefined;
}
