import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { build } from 'esbuild';

/** The project's folder: what drivers import from. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 20_000;
const POLL_MS = 20;

/** A program on a real pseudo-terminal, made by util-linux's `script`. */
export interface PtyProgram {
  /** All bytes that came to the terminal so far, escape sequences included. */
  raw(): string;
  /** Waits until `text` stands in the output after what earlier waits matched. Spaces of the picture may be moves. */
  sees(text: string): Promise<void>;
  send(keys: string): void;
  /** Waits for the end and gives the exit code. */
  ended(): Promise<number | null>;
}

/** Bundles a driver (TypeScript source that imports from `./src/...`) to a file that node runs by itself. */
export async function bundleDriver(source: string): Promise<{ file: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-driver-'));
  const file = join(folder, 'driver.mjs');
  await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile: file,
    logLevel: 'silent',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs a driver in a window of the given size; `redirect` sends its stdout elsewhere, as a shell would. */
export function onPty(
  file: string,
  size: { readonly columns: number; readonly rows?: number },
  options: { readonly env?: Readonly<Record<string, string>>; readonly redirect?: string } = {},
): PtyProgram {
  const to = options.redirect === undefined ? '' : ` > '${options.redirect}'`;
  const { CI: _ci, NO_COLOR: _noColour, FORCE_COLOR: _force, ...env } = process.env;
  return commandOnPty(`exec '${process.execPath}' '${file}'${to}`, size, {
    env: { ...env, TERM: 'xterm-256color', NODE_ENV: 'production', ...options.env },
  });
}

/** Runs a shell's command line in a window of the given size, with exactly the given environment. */
export function commandOnPty(
  command: string,
  { columns, rows = 24 }: { readonly columns: number; readonly rows?: number },
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string; readonly deadlineMs?: number },
): PtyProgram {
  const { env, cwd, deadlineMs = DEADLINE_MS } = options;
  const child = spawn('script', ['-qfec', `stty cols ${columns} rows ${rows}; ${command}`, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  return program(child, deadlineMs);
}

function program(child: ChildProcess, deadlineMs: number): PtyProgram {
  let output = '';
  let seen = 0;
  let over = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // A program that ends early closes the pipe while keys are on their way: the waits tell what is missing.
  child.stdin?.on('error', () => undefined);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`util-linux's script is needed: ${error.message}`)));
    // Not 'exit': the last output comes after that.
    child.once('close', (code) => {
      over = true;
      resolve(code);
    });
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  const done = closed.finally(() => clearTimeout(deadline));
  done.catch(() => undefined);
  return {
    raw: () => output,
    sees: async (text) => {
      const until = Date.now() + deadlineMs;
      for (;;) {
        const last = over;
        const plain = stripVTControlCharacters(output);
        const at = plain.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return;
        }
        if (Date.now() > until || last) {
          throw new Error(
            `the terminal never showed ${JSON.stringify(text)}; it showed:\n${plain.slice(seen)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    send: (keys) => void child.stdin?.write(keys),
    ended: () => done,
  };
}
