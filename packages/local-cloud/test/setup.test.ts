import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../../../src/files/package-root.ts';

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(packageRoot(), 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Whether node would find `name` from the package at `path`: in its own node_modules or one above. */
function isFound(path: string, name: string): boolean {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true;
  return path !== '' && isFound(path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1)), name);
}

/** Whether it is a folder of this repository, or npm's link to one. */
const isOwn = (path: string): boolean => {
  const { link, resolved = '' } = packages[path] ?? {};
  return path.startsWith('packages/') || (link === true && resolved.startsWith('packages/'));
};

// npm leaves packages of other platforms out of the lock file where it can't fetch them; `npm ci` then refuses it
// on every machine: a clean clone could not be set up.
test('package-lock.json names every dependency, also those of other platforms', () => {
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isFound(path, name)),
  );
  expect(missing).toEqual([]);
});

// A package without a hash is whatever the registry, or whoever stands in its way, answers with.
test('package-lock.json has the hash of every package, and takes none from beside the registry', () => {
  const locked = Object.fromEntries(Object.entries(packages).filter(([path]) => path !== '' && !isOwn(path)));
  expect(Object.keys(locked).length).toBeGreaterThan(500);
  const unproved = Object.entries(locked).filter(
    ([, { integrity = '', resolved, link }]) =>
      !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) || resolved !== undefined || link === true,
  );
  expect(unproved.map(([path]) => path)).toEqual([]);
});
