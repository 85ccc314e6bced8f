import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'dist', 'rolecall.cjs');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Result>;
  /** What has been printed so far, stderr and stdout together. */
  readonly printed: () => string;
}

/** Only the lane `box` uses sudo: for an ordinary user, the start of a PATH with a sudo that refuses; root needs none. */
function withoutSudo(home: string): string {
  if (process.getuid?.() === 0) return '';
  const folder = join(home, 'no-sudo');
  mkdirSync(folder);
  writeFileSync(join(folder, 'sudo'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return `${folder}:`;
}

/**
 * A place to run the bundled CLI in: own state folder, own HOME, no AWS of the person who runs the tests.
 * `dispose` removes it.
 */
export function sandbox() {
  const home = mkdtempSync(join(tmpdir(), 'rolecall-test-'));
  const baseEnv: NodeJS.ProcessEnv = {
    PATH: `${withoutSudo(home)}${process.env['PATH']}`,
    HOME: home,
    // One image store for all tests: an image is made once a run, not once a test.
    XDG_STATE_HOME: join(home, 'state'),
    AWS_EC2_METADATA_DISABLED: 'true',
    TERM: 'xterm',
  };
  const start = (
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: Buffer } = {},
  ): Running => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...baseEnv, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(options.input);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const done = new Promise<Result>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, done, printed: () => stderr + stdout };
  };
  return {
    home,
    env: baseEnv,
    start,
    run: (args: readonly string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }) =>
      start(args, options).done,
    dispose: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Waits until `ready` holds; a bounded poll, whose failure says what did not come. */
export async function until(
  what: string,
  ready: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
