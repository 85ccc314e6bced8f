/** What the shells of this machine say of a script: bash itself, and shellcheck where it is installed. */
import { spawn } from 'node:child_process';
import { codeOf } from '../errno.ts';

export interface Said {
  readonly line: number;
  readonly message: string;
}

/** Longer than bash takes for any script. */
const LIMIT_MS = 20_000;

/**
 * Asks `bash -n` for the first error of syntax; undefined where there is none, or no bash here. A script that turns on
 * extended patterns has an error only where it has one with them, too: `bash -n` runs no shopt.
 */
export async function syntaxError(text: string, signal: AbortSignal): Promise<Said | undefined> {
  const plain = await errorOf([], text, signal);
  if (plain === undefined || !text.includes('extglob')) return plain;
  return await errorOf(['-O', 'extglob'], text, signal);
}

async function errorOf(
  options: readonly string[],
  text: string,
  signal: AbortSignal,
): Promise<Said | undefined> {
  const ran = await run('bash', ['--norc', '--noprofile', ...options, '-n'], text, signal);
  if (ran === undefined || ran.code === 0) return undefined;
  for (const line of ran.stderr.split('\n')) {
    const [, at, message] = /^\S+: line (\d+): (.*)$/.exec(line) ?? [];
    if (message !== undefined && !/^(?:`|warning: )/.test(message)) return { line: Number(at), message };
  }
  return undefined;
}

/** A variable that the script doesn't set comes from the personality or the module; a file that it sources is on the machine. */
const EXCLUDED = 'SC2154,SC1090,SC1091';

/** Asks shellcheck for errors and warnings; nothing where it isn't installed. */
export async function shellcheck(text: string, shell: string, signal: AbortSignal): Promise<readonly Said[]> {
  const words = ['--format=json1', '--severity=warning', `--exclude=${EXCLUDED}`, `--shell=${shell}`, '-'];
  const ran = await run('shellcheck', words, text, signal);
  if (ran === undefined || !ran.stdout.startsWith('{')) return [];
  const { comments } = JSON.parse(ran.stdout) as {
    readonly comments: readonly { readonly line: number; readonly code: number; readonly message: string }[];
  };
  return comments.map(({ line, code, message }) => ({ line, message: `${message} (SC${code})` }));
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in an empty environment, with text for stdin; undefined where it isn't here. */
async function run(
  program: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<Ran | undefined> {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, signal: limit, stdio: 'pipe' });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    // A reader that has seen enough closes the pipe.
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      if (codeOf(error) === 'ENOENT') resolve(undefined);
      else reject(signal.aborted ? error : new Error(`${program} can't be run: ${error.message}`));
    });
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(errors).toString() }),
    );
    child.stdin.end(input);
  });
}
