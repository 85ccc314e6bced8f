import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Entry } from '../archive/entries.ts';
import { SecretSearch, type Suspect, suspectName } from '../archive/suspects.ts';
import { UsageError } from '../errors.ts';
import { shellWord } from '../io/text.ts';
import { findSecret } from '../secrets.ts';
import { type BundleParts, bundleEntries } from './entries.ts';
import { ROOT } from './members.ts';

/** What the operator lets into a bundle that nobody would expect there. */
export interface Permits {
  /** Files as the bundle has them (`files/site.key`), and variables (`variables.tls_key`), that look like secrets. */
  readonly secrets: readonly string[];
  /** Absolute paths outside of the catalogue's repository; what lies below them may be packed, too. */
  readonly outside: readonly string[];
}

/** Something of a role that lies outside of the catalogue's repository. */
export interface Outside {
  /** `files.site.key`, `variables.tls_key` or `the module web`. */
  readonly name: string;
  /** Absolute, without links. */
  readonly path: string;
}

/** What a role takes from the disk: names as messages call it, to absolute paths. */
export type Sources = readonly (readonly [name: string, path: string])[];

/**
 * The sources that lie outside of the repository that `folder` is in, or of `folder` where it is in none. Links are
 * followed. What isn't there is no source: reading it tells.
 */
export async function outsideOf(folder: string, sources: Sources): Promise<Outside[]> {
  const home = await repositoryAround(await realpath(folder));
  const found = await Promise.all(
    sources.map(async ([name, path]) => {
      const real = await realpath(path).catch(() => undefined);
      return real === undefined || isBelow(home, real) ? [] : [{ name, path: real }];
    }),
  );
  return found.flat();
}

/** @throws UsageError for what the operator has not let in, and for a permit that permits nothing */
export async function refuseOutside(outside: readonly Outside[], permits: Permits): Promise<void> {
  const permitted = await Promise.all(permits.outside.map((path) => realpath(path).catch(() => path)));
  const strangers = outside.filter(({ path }) => !permitted.some((above) => isBelow(above, path)));
  if (strangers.length > 0)
    throw new UsageError(
      [
        "these lie outside of the catalogue's repository, and machines would get them:",
        ...strangers.map(({ name, path }) => `  ${name} is ${path}`),
      ].join('\n'),
      { hint: `if they may: ${strangers.map(({ path }) => `--allow-outside ${shellWord(path)}`).join(' ')}` },
    );
  const needless = permitted.findIndex((above) => !outside.some(({ path }) => isBelow(above, path)));
  if (needless >= 0)
    throw new UsageError(
      `--allow-outside ${permits.outside[needless]}: the role takes nothing from there, or it is inside of the repository`,
      { hint: 'leave it out' },
    );
}

/**
 * The members of a bundle; the last of them is followed by an error where one looks like a secret that the operator has not
 * let in.
 * @param secret names of the variables that are declared to be secret
 * @throws UsageError with all of them, and for a permit that permits nothing
 */
export async function* permittedEntries(
  parts: BundleParts,
  permits: Permits,
  secret: ReadonlySet<string>,
): AsyncGenerator<Entry, void> {
  const suspects = suspectValues(parts, secret);
  for await (const entry of bundleEntries(parts)) {
    const path = entry.path.slice(ROOT.length + 1);
    // rolecall's own: the values, which are looked at one by one.
    if (entry.kind !== 'file' || path.endsWith('/.variables')) yield entry;
    else yield { ...entry, content: searched(path, entry.content, suspects) };
  }
  refuseSecrets(suspects, permits);
}

function suspectValues({ values }: BundleParts, secret: ReadonlySet<string>): Suspect[] {
  const each = new Map([...values.values()].flat().map(([name, value]) => [name, value]));
  return [...each].flatMap(([name, value]) => {
    // A password may have the shape of AWS's keys, which only the name beside it tells apart.
    const found = findSecret(value, secret.has(name) ? '' : name);
    return found === undefined ? [] : [{ path: `variables.${name}`, why: `holds ${found}` }];
  });
}

async function* searched(
  path: string,
  content: AsyncIterable<Buffer>,
  suspects: Suspect[],
): AsyncGenerator<Buffer, void> {
  const search = new SecretSearch();
  for await (const chunk of content) {
    search.feed(chunk);
    yield chunk;
  }
  const why = suspectName(path) ?? search.found;
  if (why !== undefined) suspects.push({ path, why });
}

function refuseSecrets(suspects: readonly Suspect[], { secrets: permitted }: Permits): void {
  const leaks = suspects.filter(({ path }) => !permitted.includes(path));
  if (leaks.length > 0)
    throw new UsageError(
      [
        'these look like secrets, and every process of the machines could use them:',
        ...leaks.map(({ path, why }) => `  ${path} ${why}`),
      ].join('\n'),
      {
        hint: `leave them out, or say that they may be in it: ${leaks.map(({ path }) => `--allow-secret ${shellWord(path)}`).join(' ')}`,
      },
    );
  const needless = permitted.find((path) => !suspects.some((suspect) => suspect.path === path));
  if (needless !== undefined)
    throw new UsageError(
      `--allow-secret ${needless}: nothing of the bundle by that name looks like a secret`,
      {
        hint: 'leave it out; names are those that rolecall bundle open shows, or variables.NAME',
      },
    );
}

async function repositoryAround(folder: string): Promise<string> {
  for (let above = folder; ; above = dirname(above)) {
    if ((await stat(join(above, '.git')).catch(() => undefined)) !== undefined) return above;
    if (dirname(above) === above) return folder;
  }
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(resolve(folder), path);
  return way !== '..' && !way.startsWith('../');
}
