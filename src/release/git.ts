import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { nearest } from '../suggest.ts';
import { truncate } from '../text.ts';
import { type ExportRepository, exportRepository } from './export-repository.ts';
import { git, need } from './git-run.ts';

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

/**
 * Fetches what a partial clone (`git clone --filter`) left out of a commit: git does so on demand, but only in the clone
 * itself.
 * @throws UsageError where the remote doesn't give them
 * @see https://git-scm.com/docs/partial-clone
 */
async function fetchPromised(repository: string, commit: string): Promise<void> {
  const remote = await promisorOf(repository);
  if (remote === undefined) return;
  // Asked apart, since git fetches a missing tree here and not below.
  const tree = await need(repository, ['rev-parse', '--verify', `${commit}^{tree}`]);
  // A missing folder hides what is in it, so each round may find more.
  for (let before = ''; ; ) {
    const missing = await missingOf(repository, tree);
    if (missing === '') return;
    if (missing === before)
      throw new UsageError(`the partial clone ${repository} lacks objects that ${remote} doesn't give`, {
        hint: `fetch them: git -C ${repository} fetch --refetch --filter=tree:0 ${remote}, or clone without --filter`,
      });
    await need(repository, [...FETCH, remote, '--stdin'], { input: missing });
    before = missing;
  }
}

/** As git itself fetches what is missing. @see https://github.com/git/git/blob/master/promisor-remote.c */
const FETCH = [
  '-c',
  'fetch.negotiationAlgorithm=noop',
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--recurse-submodules=no',
  '--filter=blob:none',
];

/** The remote that has promised the objects; undefined for a clone that has all of them. */
async function promisorOf(repository: string): Promise<string | undefined> {
  const { stdout } = await git(repository, ['config', '--get-regexp', '^remote\\..*\\.promisor$']);
  const line = /^remote\.(.+)\.promisor true$/m.exec(stdout);
  if (line !== null) return line[1];
  const named = await git(repository, ['config', '--get', 'extensions.partialClone']);
  return named.code === 0 ? named.stdout : undefined;
}

/** The objects of a tree that aren't here, one a line. */
async function missingOf(repository: string, tree: string): Promise<string> {
  const args = ['rev-list', '--objects', '--missing=print', '--no-walk', tree];
  const lines = (await need(repository, args)).split('\n');
  return lines.flatMap((line) => (line.startsWith('?') ? [`${line.slice(1)}\n`] : [])).join('');
}
