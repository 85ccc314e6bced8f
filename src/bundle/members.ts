import { posix } from 'node:path';
import { type Entry, escapeOf } from '../archive/entries.ts';
import { UsageError } from '../errors.ts';

/** The folder that a bundle unpacks to. */
export const ROOT = 'start-up-bundle';

/**
 * Watches the members of one bundle as they come, as a machine does before it writes any of them. Each of them may lie
 * inside, but a link makes another place of a path that goes through it: nothing may lie below one.
 * @returns what takes the next member; it throws a UsageError for one that no bundle may hold
 */
export function memberGuard(): (entry: Entry) => void {
  const seen = new Map<string, Entry['kind']>();
  return (entry) => {
    const path = posix.normalize(entry.path).replace(/\/+$/, '');
    const reason = escapeOf(entry) ?? linkProblem(entry) ?? placeProblem(path, entry, seen);
    if (reason !== undefined)
      throw new UsageError(`the bundle holds ${entry.path}, which ${reason}`, {
        hint: 'rolecall makes no such bundle: do not use it',
      });
    seen.set(path, entry.kind);
  };
}

/** Whether a link, by its words, leads to something in the bundle's folder. */
export function leadsInside(path: string, target: string): boolean {
  return posix.join(posix.dirname(path), target).replace(/\/+$/, '').startsWith(`${ROOT}/`);
}

const linkProblem = (entry: Entry): string | undefined =>
  entry.kind === 'link' && !leadsInside(entry.path, entry.target)
    ? `leads to ${entry.target}, outside of ${ROOT}/`
    : undefined;

function placeProblem(
  path: string,
  entry: Entry,
  seen: ReadonlyMap<string, Entry['kind']>,
): string | undefined {
  // `l/../x` is not `x` where `l` is a link.
  if (entry.path.split('/').includes('..')) return 'has .. in its path';
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return `lies outside of ${ROOT}/`;
  const before = seen.get(path);
  if (before !== undefined && !(before === 'folder' && entry.kind === 'folder')) return 'stands in it twice';
  for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
    const what = seen.get(above);
    if (what === 'link' || what === 'file') return `lies below ${above}, a ${what}`;
  }
  return undefined;
}
