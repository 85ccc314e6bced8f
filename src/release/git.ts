import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
import { truncate } from '../text.ts';
import { type ExportRepository, exportRepository } from './export-repository.ts';
import { git, need } from './git-run.ts';
import { fetchPromised } from './partial-clone.ts';

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
  /** Where git reads the tree from. */
  readonly store: ExportRepository;
  /** The name of the tag that was asked for, where it was one. */
  readonly tagName: string | undefined;
  /** Removes what was made for it. */
  close(): Promise<void>;
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
  await fetchPromised(repository, commit);
  const store = await exportRepository([await objectsOf(repository)], commit);
  try {
    const committedAt = await commitTime(store, commit);
    const tagName = tag.code === 0 ? name : undefined;
    return {
      repository,
      commit,
      committedAt,
      tree: commit,
      dirty: false,
      store,
      tagName,
      close: store.close,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The folder of the repository's objects, absolute. */
export const objectsOf = async (repository: string): Promise<string> =>
  resolve(repository, await need(repository, ['rev-parse', '--git-path', 'objects']));

/** Epoch milliseconds. Not `git show`, whose output the user's settings change. */
async function commitTime({ folder, env }: ExportRepository, commit: string): Promise<number> {
  const text = await need(folder, ['cat-file', 'commit', commit], { env });
  return Number(/^committer .* (\d+) [-+]\d+$/m.exec(text)?.[1] ?? 0) * 1000;
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
