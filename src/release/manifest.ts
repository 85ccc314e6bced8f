import { UsageError } from '../errors.ts';
import { type Build, isPathName, type PathName } from '../model.ts';
import { parsedObject } from '../objects.ts';

/** Where the builds of an app lie, below the bucket's prefix. */
export const buildsPrefix = (app: PathName): string => `builds/${app}/`;

/** The manifest of a build: the build exists if and only if this object does. */
export const manifestKey = (app: PathName, tag: string): string => `${buildsPrefix(app)}${tag}.json`;

/** The archive of a build. */
export const archiveKey = ({ app, archive }: Pick<Build, 'app' | 'archive'>): string =>
  `${buildsPrefix(app)}${archive}`;

/** The file name of an archive. */
export const archiveName = (tag: string, compression: 'gzip' | 'zstd'): string =>
  `${tag}.tar.${compression === 'gzip' ? 'gz' : 'zst'}`;

const isDigest = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** A manifest's text: JSON with a field a line, since machines read it by lines. The same build gives the same bytes. */
export function renderManifest(build: Build): string {
  const document = {
    version: 1,
    app: build.app,
    tag: build.tag,
    archive: build.archive,
    sha256: build.sha256,
    size: build.size,
    ...(build.parts !== undefined && { part_size: build.parts.partSize, parts_sha256: build.parts.sha256 }),
    tar_sha256: build.tarSha256,
    tar_size: build.tarSize,
    commit: build.commit,
    committed: new Date(build.committedAt).toISOString(),
    dirty: build.dirty,
    created: new Date(build.createdAt).toISOString(),
    by: build.by,
    init: build.init,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads a manifest.
 * @param where how messages call it: a path or an `s3://` URL
 * @throws UsageError for anything that rolecall didn't write
 */
export function parseManifest(text: string, where: string): Build {
  const document = parsedObject(text);
  if (document === undefined)
    throw new UsageError(`${where} is no manifest of a build: it is not a JSON object`, { hint: HINT });
  const wrong = (field: string, expected: string): never => {
    throw new UsageError(`${where} is no manifest of a build: ${field} must be ${expected}`, { hint: HINT });
  };
  const textOf = (field: string, fits: (value: string) => boolean, expected: string): string => {
    const value = document[field];
    return typeof value === 'string' && fits(value) ? value : wrong(field, expected);
  };
  const count = (field: string): number => {
    const value = document[field];
    return Number.isSafeInteger(value) && Number(value) >= 0
      ? Number(value)
      : wrong(field, 'a number of bytes');
  };
  const time = (field: string): number =>
    Date.parse(textOf(field, (value) => !Number.isNaN(Date.parse(value)), 'a time as 2026-11-23T10:00:00Z'));
  const name = (field: string) => textOf(field, isPathName, 'a name') as PathName;
  if (document['version'] !== 1) wrong('version', '1 (a newer rolecall may have written it)');
  const tag = name('tag');
  return {
    app: name('app'),
    tag,
    archive: textOf(
      'archive',
      (value) => [`${tag}.tar.gz`, `${tag}.tar.zst`].includes(value),
      `${tag}.tar.gz or .tar.zst`,
    ),
    sha256: textOf('sha256', isDigest, '64 hex digits'),
    size: count('size'),
    ...(document['parts_sha256'] !== undefined && {
      parts: { partSize: count('part_size'), sha256: textOf('parts_sha256', isDigest, '64 hex digits') },
    }),
    tarSha256: textOf('tar_sha256', isDigest, '64 hex digits'),
    tarSize: count('tar_size'),
    commit: textOf('commit', (value) => COMMIT.test(value), 'a git commit'),
    committedAt: time('committed'),
    dirty: document['dirty'] === true,
    createdAt: time('created'),
    by: textOf('by', () => true, 'a text'),
    init: initOf(document['init']) ?? wrong('init', 'a list of paths'),
  };
}

const HINT =
  'look at it, and have an earlier version of it back, or move it away and publish the build again';

function initOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((path): path is string => typeof path === 'string'))
    return undefined;
  return value;
}
