import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { CloudError } from '../errors.ts';

/** As Linux: a path with more links leads nowhere. */
const MAX_LINKS = 40;

/** Whom something belongs to, where root acts for somebody else. */
type Other = { readonly uid: number; readonly gid: number } | undefined;

/**
 * Makes sure that a file or socket is this user's alone: nobody else can open it, and nobody but this user and root can change
 * what lies at its path. Each part of that, and of where its links lead, belongs to one of them, and others can't write to it
 * unless it is sticky as /tmp is. What is asked of a cloud in a folder of somebody else's would be asked of him.
 * @throws CloudError with the first part that somebody else can change; the error of lstat where there is nothing
 */
export function requireOwn(path: string, owner?: Other): void {
  const users = ownUsers(owner);
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw distrusted(path, path, 'is a link');
  if (!users.includes(found.uid)) throw distrusted(path, path, `belongs to user ${found.uid}`);
  if ((found.mode & 0o077) !== 0) throw distrusted(path, path, 'is open to others');
  const groups = [0, process.getegid?.(), owner?.gid];
  requireTrustedWay(dirname(path), (part, stats) => {
    const problem = problemOf(stats, [0, ...users], groups);
    if (problem !== undefined) throw distrusted(path, part, problem);
  });
}

/** This user; for root also the one that it acts for, and the one that became root by sudo. */
function ownUsers(owner: Other): readonly (number | undefined)[] {
  const own = process.geteuid?.();
  const caller =
    own === 0 && /^\d{1,10}$/.test(process.env['SUDO_UID'] ?? '') ? [Number(process.env['SUDO_UID'])] : [];
  return [own, owner?.uid, ...caller];
}

/** Goes to a folder part by part, as the system does, and lets each of them be judged. */
function requireTrustedWay(folder: string, judge: (part: string, stats: Stats) => void): void {
  const rest = folder.split('/');
  let at = '/';
  judge(at, lstatSync(at));
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '' || name === '.') continue;
    const part = name === '..' ? dirname(at) : join(at, name);
    const stats = lstatSync(part);
    judge(part, stats);
    if (!stats.isSymbolicLink()) {
      at = part;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw distrusted(folder, part, 'is a link that leads to itself');
    const target = readlinkSync(part);
    if (isAbsolute(target)) at = '/';
    rest.unshift(...target.split('/'));
  }
}

function problemOf(
  part: Stats,
  users: readonly (number | undefined)[],
  groups: readonly (number | undefined)[],
): string | undefined {
  const { uid, gid, mode } = part;
  if (!users.includes(uid)) return `belongs to user ${uid}`;
  // The mode of a link says nothing: who can replace it is a matter of its folder.
  if (part.isSymbolicLink() || (mode & 0o1000) !== 0) return undefined;
  if ((mode & 0o002) !== 0) return 'can be written to by everybody';
  // Many systems give each user a group of his own, of the same number, and let it write to his folders.
  return (mode & 0o020) !== 0 && gid !== uid && !groups.includes(gid)
    ? `can be written to by group ${gid}`
    : undefined;
}

const distrusted = (path: string, part: string, problem: string): CloudError =>
  new CloudError('usage', `${path} can't be trusted: ${part === path ? 'it' : part} ${problem}`, {
    hint: 'set XDG_STATE_HOME to the absolute path of a folder that only you can write to',
  });
