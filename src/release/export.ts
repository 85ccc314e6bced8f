import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { UsageError } from '../errors.ts';
import type { Source } from './git.ts';
import { cannotRun, need } from './git-run.ts';

/** A tar of a source's files, as `git archive` makes it; `done` rejects when git fails. */
export function exportOf(
  { repository, tree, store }: Source,
  path: string | undefined,
): { readonly stream: Readable; readonly done: Promise<void>; stop(): void } {
  const args = ['archive', '--format=tar', tree, ...below(path)];
  const child = spawn('git', args, { cwd: store.folder, env: store.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let stopped = false;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(cannotRun(error)));
    child.once('close', (code, signal) => {
      // SIGPIPE: the reader has had enough, and says so itself where that is a fault.
      if (code === 0 || stopped || signal === 'SIGPIPE') return resolve();
      reject(
        /pathspec/.test(said) && path !== undefined
          ? new UsageError(`there is no ${path} in this commit`, {
              hint: 'check `path` of the app in the catalogue: it is relative to the top of the repository',
            })
          : new UsageError(
              `git archive failed: ${said.trim().split('\n')[0] || (signal ?? `status ${code}`)}`,
              { hint: `see whether the repository is whole: git -C ${repository} fsck` },
            ),
      );
    });
  });
  done.catch(() => undefined);
  const stop = () => {
    stopped = true;
    child.kill();
  };
  return { stream: child.stdout, done, stop };
}

/** The submodules below a path: git archive leaves them out. */
export async function submodulesOf(
  { tree, store: { folder, env } }: Source,
  path: string | undefined,
): Promise<string[]> {
  const listed = await need(folder, ['ls-tree', '-r', '-z', '--full-tree', tree, ...below(path)], { env });
  return [...listed.matchAll(/160000 commit \w+\t([^\0]+)\0/g)].map(([, name = '']) => name);
}

const below = (path: string | undefined): readonly string[] => (path === undefined ? [] : ['--', path]);
