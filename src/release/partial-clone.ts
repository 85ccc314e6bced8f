import { UsageError } from '../errors.ts';
import { git, need } from './git-run.ts';

/**
 * Fetches what a partial clone (`git clone --filter`) left out of a commit: git does so on demand, but only in the clone
 * itself.
 * @throws UsageError where the remote doesn't give them
 * @see https://git-scm.com/docs/partial-clone
 */
export async function fetchPromised(repository: string, commit: string): Promise<void> {
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
