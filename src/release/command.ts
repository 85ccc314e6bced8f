import { spawn } from 'node:child_process';
import { UsageError } from '../errors.ts';

const LAST_LINES = 10;

/** Runs a build command by bash in a folder. @throws UsageError with its last lines when it fails */
export async function runCommand(
  command: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  { signal, onOutput }: { readonly signal: AbortSignal; readonly onOutput: (chunk: Buffer) => void },
): Promise<void> {
  // Whoever was interrupted before is told nothing by the event.
  signal.throwIfAborted();
  let last = '';
  const child = spawn('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  const take = (chunk: Buffer) => {
    onOutput(chunk);
    last = `${last}${chunk.toString('utf8')}`.slice(-8_192);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  try {
    const status = await new Promise<string | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) =>
        resolve(code === 0 ? undefined : by === null ? `status ${code}` : by),
      );
    });
    if (status === undefined) return;
    const lines = last.trimEnd().split('\n').slice(-LAST_LINES);
    throw new UsageError(
      [`the build command ended with ${status}:`, ...lines.map((line) => `  ${line}`)].join('\n'),
      {
        hint: 'it runs in a clean export of the commit, without .git and without files that git ignores',
      },
    );
  } finally {
    signal.removeEventListener('abort', end);
  }
}
