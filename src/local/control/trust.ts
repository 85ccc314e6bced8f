import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { RolecallError } from '../../errors.ts';

/**
 * Makes sure that a file or socket is this user's alone: nobody else can open it, and nobody but this user and root can change
 * what lies at its path. Each part of that, as it is written and behind its links, belongs to one of them, and others can't
 * write to it unless it is sticky as /tmp is. What is asked of a cloud in a folder of somebody else's would be asked of him.
 * @param owner whom it belongs to, where root acts for somebody else
 * @throws RolecallError usage, with the first part that somebody else can change; the error of lstat where there is nothing
 */
export function requireOwn(path: string, owner?: { readonly uid: number; readonly gid: number }): void {
  const me = { uid: owner?.uid ?? process.geteuid?.(), gid: owner?.gid ?? process.getegid?.() };
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw distrusted(path, path, 'is a link');
  if (found.uid !== me.uid) throw distrusted(path, path, `belongs to user ${found.uid}`);
  if ((found.mode & 0o077) !== 0) throw distrusted(path, path, 'is open to others');
  for (const way of new Set([dirname(path), realpathSync(dirname(path))]))
    for (let part = way; ; part = dirname(part)) {
      const problem = problemOf(lstatSync(part), me);
      if (problem !== undefined) throw distrusted(path, part, problem);
      if (part === dirname(part)) break;
    }
}

function problemOf(part: Stats, me: { readonly uid: number | undefined; readonly gid: number | undefined }) {
  const { uid, gid, mode } = part;
  if (uid !== 0 && uid !== me.uid) return `belongs to user ${uid}`;
  // The mode of a link says nothing: who can replace it is a matter of its folder.
  if (part.isSymbolicLink() || (mode & 0o1000) !== 0) return undefined;
  if ((mode & 0o002) !== 0) return 'can be written to by everybody';
  // Many systems give each user a group of his own, and let it write to his folders.
  return (mode & 0o020) !== 0 && gid !== 0 && gid !== me.gid
    ? `can be written to by group ${gid}`
    : undefined;
}

const distrusted = (path: string, part: string, problem: string): RolecallError =>
  new RolecallError('usage', `${path} can't be trusted: ${part === path ? 'it' : part} ${problem}`, {
    hint: 'set XDG_STATE_HOME to the absolute path of a folder that only you can write to',
  });
