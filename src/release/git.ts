import { execFile, spawn } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../errors.ts';
import { scratchFolder } from '../io/scratch.ts';
import { truncate } from '../io/text.ts';
import { nearest } from '../nearest.ts';

/** A commit, and the tree whose files a build holds. */
export interface Source {
  /** Absolute path of the repository, or a folder in it. */
  readonly repository: string;
  /** Hex. */
  readonly commit: string;
  /** Epoch milliseconds. */
  readonly committedAt: number;
  /** What `git archive` takes: the commit, or the tree of a work tree with changes. */
  readonly tree: string;
  readonly dirty: boolean;
  /** Git reads objects of the work tree from here. */
  readonly env: NodeJS.ProcessEnv;
  /** The name of the tag that was asked for, where it was one. */
  readonly tagName: string | undefined;
  /** Removes what was made for it. */
  close(): Promise<void>;
}

/** A git hook has these in its environment, and they mean its own repository. */
const OF_ANOTHER = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
]);

/** The same answers in every language, of the repository of the folder in which git runs. */
const gitEnv = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_ANOTHER.has(name))),
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
});
/** Files leave git as they are committed, whatever this user's git makes of line ends. */
const AS_COMMITTED = ['-c', 'core.autocrlf=false', '-c', 'core.eol=lf'];
/** Bytes of an answer: a list of 100,000 branches fits. */
const MAX_ANSWER = 16 * 1024 * 1024;

interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs git to its end, without a shell. @throws UsageError where there is no git */
function git(repository: string, args: readonly string[], env = gitEnv()): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    execFile('git', [...args], { cwd: repository, env, maxBuffer: MAX_ANSWER }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(cannotRun(error));
      else resolve({ code: Number(error?.code ?? 0), stdout: stdout.trimEnd(), stderr: stderr.trim() });
    });
  });
}

const cannotRun = (error: Error & { readonly code?: unknown }): UsageError =>
  error.code === 'ENOENT'
    ? new UsageError('git is not installed', { hint: 'install it (apt-get install git)', cause: error })
    : new UsageError(`git can't be run: ${error.message}`, {
        hint: 'see what `git --version` says',
        cause: error,
      });

/** As git, for what should succeed. */
async function need(repository: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await git(repository, args, env);
  if (code === 0) return stdout;
  throw new UsageError(
    `git ${args[0]} failed in ${repository}: ${stderr.split('\n')[0] ?? `status ${code}`}`,
    {
      hint: `try it there: git ${args.join(' ')}`,
    },
  );
}

/** The commit of a ref. @throws UsageError where there is no repository, or no such ref */
export async function sourceOf(repository: string, ref: string): Promise<Source> {
  await checkRepository(repository);
  const found = await git(repository, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  ]);
  if (found.code !== 0) throw await noSuchRef(repository, ref);
  const commit = found.stdout;
  const name = ref.replace(/^(?:refs\/)?tags\//, '');
  const tag = await git(repository, ['show-ref', '--verify', '--quiet', `refs/tags/${name}`]);
  return {
    repository,
    commit,
    committedAt: Number(await need(repository, ['show', '-s', '--format=%ct', commit])) * 1000,
    tree: commit,
    dirty: false,
    env: gitEnv(),
    tagName: tag.code === 0 ? name : undefined,
    close: async () => undefined,
  };
}

async function checkRepository(repository: string): Promise<void> {
  const folder = await stat(repository).catch(() => undefined);
  if (!folder?.isDirectory())
    throw new UsageError(`there is no folder ${repository}`, {
      hint: 'check `repository` of the app in the catalogue: it is relative to the catalogue',
    });
  const { code, stderr } = await git(repository, ['rev-parse', '--git-dir']);
  if (code === 0) return;
  const what = /dubious ownership/.test(stderr)
    ? 'belongs to somebody else, so that git refuses it'
    : 'is no git repository';
  throw new UsageError(`${repository} ${what}`, {
    hint: /dubious/.test(stderr)
      ? `git config --global --add safe.directory ${repository}`
      : 'a build is made from a git repository: check `repository` of the app in the catalogue',
  });
}

async function noSuchRef(repository: string, ref: string): Promise<UsageError> {
  const named = /^[\w./~^@{}:+=-]+$/.test(ref) ? ref : JSON.stringify(ref);
  const found = await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', ref]);
  if (found.code === 0)
    return new UsageError(`${named} of the repository ${repository} is no commit`, {
      hint: 'name a tag, a branch or a commit; `path` of the app in the catalogue takes a folder of it',
    });
  // Not `refname:short`: that is `tags/v1` where a branch has the same name.
  const refs = await need(repository, [
    'for-each-ref',
    '--format=%(refname:lstrip=2)',
    'refs/tags',
    'refs/heads',
  ]);
  const names = [...new Set(refs.split('\n').filter((name) => name !== ''))];
  const near = nearest(ref, names);
  const shallow = (await git(repository, ['rev-parse', '--is-shallow-repository'])).stdout === 'true';
  if (shallow)
    return new UsageError(`the repository ${repository} has no ${named}: it is a shallow clone`, {
      hint: 'fetch the rest: git fetch --unshallow --tags (in GitHub Actions: fetch-depth: 0)',
    });
  const empty = (await git(repository, ['rev-parse', '--verify', '--quiet', 'HEAD'])).code !== 0;
  if (empty && ref === 'HEAD')
    return new UsageError(`the repository ${repository} has no commit yet`, {
      hint: 'commit what is to be built',
    });
  return new UsageError(
    `the repository ${repository} has no tag, branch or commit ${named}${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      hint:
        names.length === 0
          ? 'a commit will do, too'
          : `it has ${names
              .slice(0, 8)
              .map((name) => truncate(name, 64))
              .join(', ')}; fetch others with git fetch --tags`,
    },
  );
}

/**
 * The work tree as it stands, with all that is not ignored, as a tree of git's: neither the index nor the object database
 * of the repository is touched.
 */
export async function workTree(repository: string): Promise<Source> {
  const head = await sourceOf(repository, 'HEAD');
  const folder = await scratchFolder();
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const objects = await need(repository, ['rev-parse', '--git-path', 'objects']);
    const top = await topOf(repository);
    const env = {
      ...gitEnv(),
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: resolve(repository, objects),
    };
    await need(top, ['read-tree', 'HEAD'], env);
    await need(top, ['add', '--all', '.'], env);
    const tree = await need(top, ['write-tree'], env);
    const committed = await need(repository, ['rev-parse', 'HEAD^{tree}']);
    if (tree === committed) {
      await close();
      return head;
    }
    return { ...head, tree, dirty: true, env, tagName: undefined, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The top of the work tree, to which paths are relative; a bare repository is its own. */
async function topOf(repository: string): Promise<string> {
  const { code, stdout } = await git(repository, ['rev-parse', '--show-toplevel']);
  return code === 0 ? stdout : repository;
}

/** The submodules below a path: git archive leaves them out. */
export async function submodulesOf(
  { repository, tree, env }: Source,
  path: string | undefined,
): Promise<string[]> {
  const below = path === undefined ? [] : ['--', path];
  const top = await topOf(repository);
  const lines = (await need(top, ['ls-tree', '-r', tree, ...below], env)).split('\n');
  return lines.flatMap((line) => /^160000 commit \w+\t(.*)$/.exec(line)?.[1] ?? []);
}

/** A tar of a source's files, as `git archive` makes it; `done` rejects when git fails. */
export async function archiveOf(
  { repository, tree, env }: Source,
  path: string | undefined,
): Promise<{ readonly stream: Readable; readonly done: Promise<void>; stop(): void }> {
  const top = await topOf(repository);
  const args = [
    ...AS_COMMITTED,
    'archive',
    '--format=tar',
    tree,
    ...(path === undefined ? [] : ['--', path]),
  ];
  const child = spawn('git', args, { cwd: top, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(cannotRun(error)));
    child.once('close', (code, signal) => {
      if (code === 0 || signal !== null) return resolve();
      reject(
        /pathspec/.test(said) && path !== undefined
          ? new UsageError(`there is no ${path} in this commit`, {
              hint: 'check `path` of the app in the catalogue: it is relative to the top of the repository',
            })
          : new UsageError(`git archive failed: ${said.trim().split('\n')[0] ?? code}`, {
              hint: `try it: git ${args.join(' ')}`,
            }),
      );
    });
  });
  done.catch(() => undefined);
  return { stream: child.stdout, done, stop: () => child.kill() };
}
