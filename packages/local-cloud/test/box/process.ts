import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { copyPackage } from './harness.ts';

/** A cloud in a process of its own, to be killed or to run as somebody else. */
export interface CloudProcess {
  readonly child: ChildProcess;
  /** All that it and its boxes said so far. */
  readonly output: () => string;
  /** Resolves with the first match in the output; rejects when the process ends without, or after 30 s. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** A folder with a bundle of the boxes and a copy of their scripts, readable by every user. */
export interface Bench {
  readonly folder: string;
  /**
   * Starts `cloud-main.ts`.
   * @param prefix what to run it under: `setpriv ...`, `unshare ...`
   */
  start(
    prefix: readonly string[],
    options: { stateDir: string; packages?: readonly string[]; scripts: readonly string[] },
  ): CloudProcess;
  /** A new state folder. */
  stateDir(): Promise<string>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
  await chmod(folder, 0o755);
  const root = await copyPackage(folder);
  const main = join(root, 'cloud-main.mjs');
  await build({
    entryPoints: [join(packageRoot(), 'packages/local-cloud/test/box/cloud-main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: main,
    logLevel: 'error',
  });
  let states = 0;
  return {
    folder,
    start: (prefix, options) => {
      const words = [...prefix, process.execPath, main, JSON.stringify({ packages: [], ...options })];
      return follow(spawn(words[0] ?? '', words.slice(1), { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] }));
    },
    stateDir: async () => {
      states += 1;
      const state = join(folder, `state${states}`);
      await mkdir(state);
      await chmod(state, 0o777);
      return state;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function follow(child: ChildProcess): CloudProcess {
  let text = '';
  const watchers = new Set<() => void>();
  let over = false;
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      changed();
    });
  }
  child.once('close', () => {
    over = true;
    changed();
  });
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const settle = (late: boolean) => {
        const match = pattern.exec(text);
        if (match === null && !over && !late) return;
        watchers.delete(look);
        clearTimeout(timer);
        if (match === null)
          reject(new Error(`${late ? '50 s passed' : 'it ended'} without ${pattern}:\n${text}`));
        else resolve(match);
      };
      const look = () => settle(false);
      const timer = setTimeout(() => settle(true), 50_000);
      watchers.add(look);
      look();
    });
  return { child, output: () => text, said };
}
