import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../src/archive/entries.ts';
import { leadsInside, memberGuard } from '../../src/bundle/members.ts';
import { holds } from '../support/property.ts';
import { fileEntry } from './support.ts';

const folder = (path: string): Entry => ({ kind: 'folder', path });
const link = (path: string, target: string): Entry => ({ kind: 'link', path, target });
const file = (path: string) => fileEntry(path, 'x');

/** What the first refusal says; undefined where all may be in a bundle. */
function refused(...entries: readonly Entry[]): string | undefined {
  const guard = memberGuard();
  for (const entry of entries) {
    try {
      guard(entry);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}

/** Those that pass; the others are left out. */
function accepted(entries: readonly Entry[]): Entry[] {
  const guard = memberGuard();
  return entries.filter((entry) => {
    try {
      guard(entry);
      return true;
    } catch {
      return false;
    }
  });
}

describe('the members of a bundle', () => {
  test('may be folders, files and links that stay inside, in any order; a folder may come again', () => {
    expect(
      refused(
        file('start-up-bundle/a/start-up.sh'),
        folder('start-up-bundle'),
        folder('start-up-bundle/a'),
        folder('start-up-bundle/a/'),
        link('start-up-bundle/a/l', 'start-up.sh'),
        link('start-up-bundle/b/up', '../a'),
        file('start-up-bundle/..x/...'),
      ),
    ).toBeUndefined();
  });

  test.each<[string, readonly Entry[], RegExp]>([
    ['an absolute path', [file('/etc/x')], /holds \/etc\/x, which lies outside of it$/],
    ['a path that leads up', [file('start-up-bundle/../../x')], /which lies outside of it$/],
    ['another folder', [file('other/x')], /other\/x, which lies outside of start-up-bundle\/$/],
    ['a path back out of the folder', [file('start-up-bundle/../x')], /which has \.\. in its path$/],
    ['a path that turns round', [file('start-up-bundle/l/../x')], /which has \.\. in its path$/],
    ['a name that only begins so', [file('start-up-bundle-2/x')], /outside of start-up-bundle\/$/],
    ['an absolute link', [link('start-up-bundle/l', '/etc')], /leads to \/etc, an absolute path$/],
    [
      'a link out',
      [link('start-up-bundle/a/l', '../../../x')],
      /leads to \.\.\/\.\.\/\.\.\/x, outside of it$/,
    ],
    ['a link beside', [link('start-up-bundle/l', '../x')], /leads to \.\.\/x, outside of start-up-bundle\/$/],
    ['a link to all of it', [link('start-up-bundle/l', '.')], /outside of start-up-bundle\/$/],
    [
      'a link to all of it, with a slash',
      [link('start-up-bundle/a/l', '../')],
      /outside of start-up-bundle\/$/,
    ],
    ['the bundle as a link', [link('start-up-bundle', 'x')], /outside of start-up-bundle\/$/],
    [
      'a file below a link',
      [link('start-up-bundle/a/l', '../b'), file('start-up-bundle/a/l/deep/x')],
      /lies below start-up-bundle\/a\/l, a link$/,
    ],
    [
      'a link below a link, written otherwise',
      [link('start-up-bundle/a/l', '../b'), link('start-up-bundle/./a//l/m', 'x')],
      /lies below start-up-bundle\/a\/l, a link$/,
    ],
    ['a file below a file', [file('start-up-bundle/f'), file('start-up-bundle/f/g')], /f, a file$/],
    ['a file twice', [file('start-up-bundle/f'), file('start-up-bundle//f')], /stands in it twice$/],
    [
      'a link in the place of a folder',
      [folder('start-up-bundle/d'), link('start-up-bundle/d', 'x')],
      /stands in it twice$/,
    ],
  ])('are never %s', (_what, entries, words) => {
    expect(refused(...entries)).toMatch(words);
  });

  test('that pass lie inside, through whatever links came before them', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '');
    const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const entry = fc.oneof(
      path.map((name) => file(`start-up-bundle/${name}`)),
      path.map((name) => folder(`start-up-bundle/${name}`)),
      fc.tuple(path, path).map(([name, target]) => link(`start-up-bundle/${name}`, target)),
    );
    holds(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        const links = new Set<string>();
        for (const each of accepted(entries)) {
          const parts = each.path.split('/').filter((step) => step !== '' && step !== '.');
          expect(parts[0]).toBe('start-up-bundle');
          expect(parts).not.toContain('..');
          const above = parts.map((_part, index) => parts.slice(0, index).join('/'));
          expect(above.filter((place) => links.has(place))).toEqual([]);
          if (each.kind === 'link') links.add(parts.join('/'));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('that are links lead inside by their words', () => {
    expect(leadsInside('start-up-bundle/a/l', '../b/c')).toBe(true);
    expect(leadsInside('start-up-bundle/a/l', '..')).toBe(false);
    expect(leadsInside('start-up-bundle/a/l', '..//')).toBe(false);
  });
});
