import { posix } from 'node:path';

/** As many links as Linux follows on the way to one file. @see https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const MAX_LINKS = 40;

/**
 * The links that lead out of a folder by way of other links in it, as they are followed on a disk: there `a/..` isn't the
 * folder that holds `a`, where `a` is a link.
 * @param links path to target, both relative
 */
export const linksOut = (links: ReadonlyMap<string, string>): string[] =>
  [...links.keys()].filter((path) => leadsOut(path, links));

function leadsOut(path: string, links: ReadonlyMap<string, string>): boolean {
  const ahead = path.split('/').reverse();
  const way: string[] = [];
  for (let followed = 0; ; ) {
    const name = ahead.pop();
    if (name === undefined) return false;
    if (name === '..' && way.pop() === undefined) return true;
    if (['', '.', '..'].includes(name)) continue;
    const target = links.get(posix.join(...way, name));
    if (target === undefined) way.push(name);
    else if (++followed > MAX_LINKS) return false;
    else ahead.push(...target.split('/').reverse());
  }
}
