import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxProgram, boxProgram } from '../../src/files/package-root.ts';

const programs = mkdtempSync(join(tmpdir(), 'rolecall-programs-'));
process.once('exit', () => rmSync(programs, { recursive: true, force: true }));

/** Writes a program of templates/ as a machine has it, joined from its parts. @returns its path */
export function written(name: BoxProgram): string {
  const path = join(programs, name);
  writeFileSync(path, boxProgram(name), { mode: 0o755 });
  return path;
}

export const BOOTSTRAPPER = written('bootstrapper.sh');

/** What a finished process left: its streams as text of one byte a character. */
export interface Outcome {
  /** The exit status, or 128 + n where signal n ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all of stdout so far whenever there is more of it. */
  readonly onStdout?: (text: string) => void;
  /** Called once with the process id. */
  readonly onStart?: (pid: number) => void;
}

/** Runs a command to its end, with nothing of the test's own environment but PATH. */
export function run(command: string, args: readonly string[], options: Options = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      stdout += chunk;
      options.onStdout?.(stdout);
    });
    child.stderr.setEncoding('latin1').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ status: code ?? (signal === null ? -1 : 128), stdout, stderr }),
    );
    if (child.pid !== undefined) options.onStart?.(child.pid);
  });
}

/** Sources the bootstrapper, resets its state and runs `script` with `args` as its parameters. */
export const withBootstrapper = (script: string, args: readonly string[] = [], options: Options = {}) =>
  run('bash', ['-c', `source "$1"; shift; reset_state; ${script}`, 'test', BOOTSTRAPPER, ...args], options);

/** Polls until `ask` gives something; fails after ten seconds, saying what was awaited. */
export async function eventually<T>(what: string, ask: () => T | undefined): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ten seconds for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
