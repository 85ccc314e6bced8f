import { accessSync, constants, lchownSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BoxDriver } from './box.ts';
import { requireOwn } from './control/trust.ts';
import { reasonOf } from './errno.ts';
import { CloudError } from './errors.ts';
import { thisProcess } from './holder.ts';
import { makeFolder } from './make-folder.ts';

/** What rolecall's other commands need to reach a cloud. Holds a secret: mode 0600, never printed. */
export interface CloudFile {
  readonly endpoint: string;
  /** The control API's socket, absolute. */
  readonly control: string;
  readonly pid: number;
  /** Boot, PID namespace, pid and start of its process (`ownMark`). */
  readonly mark: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly kind: BoxDriver['kind'];
  /** ISO 8601. */
  readonly started: string;
  /** How its time runs, where it runs faster than this machine's; origin in epoch milliseconds. */
  readonly clock?: { readonly origin_ms: number; readonly speed: number };
}

/** Whom the files belong to, when the cloud runs as root for somebody else. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of the local cloud within rolecall's state folder. */
export const localFolder = (stateFolder: string): string => join(stateFolder, 'local');

const pathOf = (folder: string): string => join(folder, 'cloud.json');

/**
 * The file of the cloud that is up, or that died without taking it away; undefined where there is none.
 * @param owner whom the file belongs to, where root reads somebody else's
 * @throws CloudError for one that can't be read, or that somebody else could have written
 */
export function readCloudFile(folder: string, owner?: Owner): CloudFile | undefined {
  let text: string;
  try {
    requireOwn(pathOf(folder), owner);
    text = readFileSync(pathOf(folder), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof CloudError) throw error;
    throw new CloudError('usage', `${pathOf(folder)} can't be read: ${code ?? String(error)}`, {
      hint: 'it must belong to you; if a cloud of another user lies there, remove the file',
      cause: error,
    });
  }
  return parse(text);
}

/** Undefined for anything that no rolecall wrote: a torn file is as good as none. */
export function parse(text: string): CloudFile | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isCloudFile(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isCloudFile(json: unknown): json is CloudFile {
  if (typeof json !== 'object' || json === null) return false;
  const file = json as Record<string, unknown>;
  const texts = ['endpoint', 'control', 'mark', 'access_key_id', 'secret_access_key', 'kind', 'started'];
  return (
    texts.every((name) => typeof file[name] === 'string') &&
    Number.isInteger(file['pid']) &&
    (file['clock'] === undefined || isPace(file['clock']))
  );
}

function isPace(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false;
  const { origin_ms: origin, speed } = json as Record<string, unknown>;
  return typeof origin === 'number' && typeof speed === 'number' && speed > 0;
}

/**
 * Makes the folder, for its user alone.
 * @throws CloudError when it can't be made or written to
 */
export async function makeStateFolder(folder: string, owner: Owner | undefined): Promise<void> {
  try {
    await ownFolder(folder, owner);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CloudError('usage', `the state folder ${folder} can't be used: ${reasonOf(error)}`, {
      hint: 'make it yours to write, or set XDG_STATE_HOME to the absolute path of another folder',
      cause: error,
    });
  }
}

async function ownFolder(folder: string, owner: Owner | undefined): Promise<void> {
  const first = await makeFolder(folder, 0o700);
  if (owner === undefined || first === undefined) return;
  // Everything that was just made, from the topmost new folder down to this one.
  for (let path = folder; path.length >= first.length; path = join(path, '..'))
    lchownSync(path, owner.uid, owner.gid);
}

/**
 * Tells the other commands that this cloud is up.
 * @throws CloudError when another cloud did so first
 */
export function writeCloudFile(folder: string, file: CloudFile, owner: Owner | undefined): void {
  const draft = join(folder, `.cloud.${thisProcess()}.json`);
  writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  try {
    if (owner !== undefined) lchownSync(draft, owner.uid, owner.gid);
    // A link appears whole or not at all, and only if there is none: two clouds can't both win.
    linkSync(draft, pathOf(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CloudError('conflict', 'another local cloud came up at the same time', {
      hint: 'rolecall local env',
    });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes the file away, if it is (still) that of the cloud at `endpoint`. */
export function removeCloudFile(folder: string, endpoint: string, owner?: Owner): void {
  if (readCloudFile(folder, owner)?.endpoint === endpoint) rmSync(pathOf(folder), { force: true });
}
