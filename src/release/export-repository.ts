import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeOwnFolder } from '../files/own-folder.ts';
import { scratchFolder } from '../files/scratch.ts';

/**
 * A bare repository that shares the objects of the user's repository, and nothing else. Git exports a commit from here, so
 * that the result depends on the commit alone: there are no refs, replace refs, grafts, shallow marks, attributes, filters or
 * settings of this clone, this user or this machine.
 */
export interface ExportRepository {
  /** Absolute. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Removes it. */
  close(): Promise<void>;
}

/**
 * Makes an export repository.
 * @param objects absolute paths of the object folders that it reads from
 * @param commit hex; its length tells the hash algorithm
 */
export async function exportRepository(
  objects: readonly string[],
  commit: string,
): Promise<ExportRepository> {
  const folder = await scratchFolder();
  await mkdir(join(folder, 'refs'));
  await mkdir(join(folder, 'objects', 'info'), { recursive: true });
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(folder, 'config'), settings(commit.length));
  await writeFile(join(folder, 'objects', 'info', 'alternates'), `${objects.map(quoted).join('\n')}\n`);
  const close = () => removeOwnFolder(folder);
  return { folder, env: environment(folder), close };
}

/** @see https://git-scm.com/docs/git-config */
const settings = (hashLength: number): string =>
  [
    '[core]',
    `repositoryformatversion = ${hashLength === 40 ? 0 : 1}`,
    'bare = true',
    // Git abbreviates a hash by the number of objects in the clone: only the whole one is the same everywhere.
    `abbrev = ${hashLength}`,
    // Files leave git as they are committed, whatever this machine makes of line ends.
    'autocrlf = false',
    'eol = lf',
    'attributesFile = /dev/null',
    'commitGraph = false',
    ...(hashLength === 40 ? [] : ['[extensions]', 'objectFormat = sha256']),
    '',
  ].join('\n');

/** Git's own quoting of an odd path in `info/alternates`, as that of C. */
const quoted = (path: string): string => (/["\n\\]/.test(path) ? JSON.stringify(path) : path);

/** No variable of git's own is passed on: several of them name attributes, settings and replace refs. */
const environment = (folder: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_DIR: folder,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_TERMINAL_PROMPT: '0',
  // An older git knows no GIT_CONFIG_GLOBAL.
  HOME: folder,
  XDG_CONFIG_HOME: folder,
  LC_ALL: 'C',
  TZ: 'UTC',
});
