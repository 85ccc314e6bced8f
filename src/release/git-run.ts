import { execFile } from 'node:child_process';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';

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

/**
 * The environment for git in the user's repository: answers in English, about the repository of git's working folder. A
 * replace ref (`git replace`) changes nothing: the commit's own objects are read.
 */
export const gitEnv = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_ANOTHER.has(name))),
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  LC_ALL: 'C',
});

/** Bytes of an answer: a list of a million files fits. */
const MAX_ANSWER = 256 * 1024 * 1024;

interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface GitOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What git reads from its standard input. */
  readonly input?: string;
}

/** Runs git to its end, without a shell. @throws UsageError where there is no git */
export function git(
  folder: string,
  args: readonly string[],
  { env = gitEnv(), input = '' }: GitOptions = {},
): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env, maxBuffer: MAX_ANSWER };
    const child = execFile('git', [...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(cannotRun(error));
      else resolve({ code: Number(error?.code ?? 0), stdout: stdout.trimEnd(), stderr: stderr.trim() });
    });
    // A git that ends before it has read everything says why on stderr.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

export const cannotRun = (error: Error & { readonly code?: unknown }): UsageError =>
  error.code === 'ENOENT'
    ? new UsageError('git is not installed', { hint: 'install it (apt-get install git)', cause: error })
    : new UsageError(`git can't be run: ${reasonOf(error)}`, {
        hint: 'see what `git --version` says',
        cause: error,
      });

/** As git, for what should succeed. @returns its standard output. @throws UsageError when it fails */
export async function need(folder: string, args: readonly string[], options?: GitOptions): Promise<string> {
  const { code, stdout, stderr } = await git(folder, args, options);
  if (code === 0) return stdout;
  throw new UsageError(`git ${args[0]} failed in ${folder}: ${stderr.split('\n')[0] ?? `status ${code}`}`, {
    hint: `try it there: git ${args.join(' ')}`,
  });
}
