import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../errors.ts';
import { noRoomIn } from '../files/scratch.ts';
import { nearest } from '../suggest.ts';

/** A place that modules are taken from. */
export type Source =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'git'; readonly url: string; readonly ref: string | undefined }
  | { readonly kind: 'npm'; readonly spec: string };

/** A source on this machine. */
export interface Fetched {
  readonly folder: string;
  /** What a module that lies there without a folder of its own is called; any text, since it comes from outside. */
  readonly name: string;
  /** The git commit or npm version; absent for a folder. */
  readonly resolved?: string;
}

/** Refs that an error names. */
const LISTED = 8;

const run = promisify(execFile);

/**
 * Reads a source as users write it: a folder, a git URL (`...#REF`), or `npm:PACKAGE@VERSION`.
 * @throws UsageError
 */
export function parseSource(text: string, cwd: string): Source {
  if (text.startsWith('npm:')) return { kind: 'npm', spec: text.slice(4) };
  const path = resolve(cwd, text);
  if (isFolder(path) && !isRepository(path)) return { kind: 'folder', path };
  const [, url = '', ref] = /^([^#]+)(?:#(.+))?$/.exec(text.replace(/^git\+/, '')) ?? [];
  if (isRepository(resolve(cwd, url))) return { kind: 'git', url, ref };
  if (/^https?:\/\/[^/]*@|^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url))
    throw new UsageError('the URL of the modules holds a name or a password', {
      hint: `it would stand in modules.lock for all to read: leave it out, and let git's credential helper or an SSH key answer`,
    });
  if (/^(https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:|\.git$/.test(url)) return { kind: 'git', url, ref };
  throw new UsageError(`there is no folder ${path}, and ${JSON.stringify(text)} is no git URL`, {
    hint: 'give a folder, a git URL such as https://example.com/modules.git#v1.2.0, or npm:PACKAGE@VERSION',
  });
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Whether a folder is a repository of git itself: a bare one, or the `.git` of a working tree. */
const isRepository = (path: string): boolean =>
  existsSync(join(path, 'HEAD')) && isFolder(join(path, 'objects'));

/** Brings a source into an empty folder, or leaves it where it is. @throws UsageError with what git or npm said */
export async function fetchSource(source: Source, scratch: string, signal: AbortSignal): Promise<Fetched> {
  switch (source.kind) {
    case 'folder':
      return { folder: source.path, name: basename(source.path) };
    case 'git':
      return await fetchGit(source.url, source.ref, scratch, signal);
    case 'npm':
      return await fetchNpm(source.spec, scratch, signal);
  }
}

async function fetchGit(
  url: string,
  ref: string | undefined,
  scratch: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const folder = join(scratch, 'clone');
  const git = (...args: string[]) =>
    // Nobody is asked for a password, and no hook of a template runs.
    tool(scratch, 'git', ['-c', 'core.hooksPath=/dev/null', ...args], signal, { GIT_TERMINAL_PROMPT: '0' });
  await git('clone', '--quiet', '--template=', '--', url, folder);
  if (ref !== undefined) {
    const tip = (await commitOf(git, folder, ref)) ?? (await commitOf(git, folder, `origin/${ref}`));
    if (tip === undefined) throw await noRef(git, folder, url, ref);
    await git('-C', folder, 'checkout', '--quiet', '--detach', tip);
  }
  const resolved = (await git('-C', folder, 'rev-parse', 'HEAD')).trim();
  return { folder, name: nameOfUrl(url), resolved };
}

/** As `git clone` names its folder: https://git-scm.com/docs/git-clone (`<directory>`). */
const nameOfUrl = (url: string): string =>
  basename(
    url
      .replace(/\/+$/, '')
      .replace(/\/\.git$/, '')
      .replace(/\/+$/, ''),
  ).replace(/\.git$/, '');

type Git = (...args: string[]) => Promise<string>;

/** The commit behind a ref of a clone, undefined where there is none. */
const commitOf = (git: Git, folder: string, ref: string): Promise<string | undefined> =>
  git('-C', folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).then(
    (commit) => commit.trim(),
    () => undefined,
  );

async function noRef(git: Git, folder: string, url: string, ref: string): Promise<UsageError> {
  const listed = (format: string, below: string) =>
    git('-C', folder, 'for-each-ref', `--format=${format}`, below);
  const refs = [
    await listed('%(refname:lstrip=3)', 'refs/remotes/origin'),
    await listed('%(refname:lstrip=2)', 'refs/tags'),
  ];
  const names = refs
    .join('\n')
    .split('\n')
    .filter((name) => name !== '' && name !== 'HEAD');
  const near = nearest(ref, names);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  const named = /^[\w./~^@{}:+=-]+$/.test(ref) ? ref : JSON.stringify(ref);
  return new UsageError(`${url} has no tag, branch or commit ${named}${meant}`, {
    hint: names.length === 0 ? 'it has none at all' : `it has ${names.slice(0, LISTED).join(', ')}`,
  });
}

async function fetchNpm(spec: string, scratch: string, signal: AbortSignal): Promise<Fetched> {
  // Not what else npm takes: folders, git URLs, archives.
  if (!/^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*(@[a-z0-9^~<>=*|. +-]+)?$/i.test(spec))
    throw new UsageError(`"${spec}" is no npm package`, { hint: 'such as npm:@example/modules@1.2.0' });
  const said = await tool(
    scratch,
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch, '--', spec],
    signal,
  );
  const [packed] = JSON.parse(said) as { name: string; version: string; filename: string }[];
  if (packed === undefined)
    throw new UsageError(`npm packed nothing for ${spec}`, { hint: 'check its name' });
  const unpacked = join(scratch, 'unpacked');
  await mkdir(unpacked);
  // npm names the file of a scoped package with its slash in some versions.
  const file = basename(packed.filename.replace(/^@/, '').replace('/', '-'));
  // Its files lie in a folder, which is mostly called `package`.
  const how = ['--strip-components=1', '--no-same-owner', '--no-same-permissions'];
  await tool(scratch, 'tar', ['-xzf', join(scratch, file), '-C', unpacked, ...how], signal);
  return {
    folder: unpacked,
    name: basename(packed.name).replace(/^rolecall-(module-)?/, ''),
    resolved: packed.version,
  };
}

/**
 * Runs a program that writes to the scratch folder.
 * @returns what the program printed. @throws UsageError with the telling line of what the program said
 */
async function tool(
  scratch: string,
  name: string,
  args: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout } = await run(name, args, {
      signal,
      env: { ...process.env, LC_ALL: 'C', ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new UsageError(`${name} is not installed`, { hint: `install ${name}, or give a folder` });
    const full = noRoomIn(scratch, stderr, error);
    if (full !== undefined) throw full;
    const lines = stderr
      .split('\n')
      .filter((line) => line.trim() !== '' && !/A complete log|npm \S+ code /.test(line));
    const reason = lines.find((line) => /fatal|error|ERR!/i.test(line)) ?? lines.at(-1) ?? String(error);
    throw new UsageError(`${name} can't get it: ${reason.trim()}`, {
      hint: 'check the source and the network; try it by hand to see more',
      cause: error,
    });
  }
}
