// What all benchmarks share: run whole processes, take the median, print a figure as a ratio to a yardstick.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const ROLECALL = `${ROOT}dist/rolecall.cjs`;
export const LAUNCH = `${ROOT}dist/launch.cjs`;

/** Milliseconds on the clock that all processes of this machine share. */
export const now = () => performance.timeOrigin + performance.now();

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs a command to its end. @returns {Promise<{ms: number, code: number, stdout: string, started: number}>} */
export function run(command, args, { env = {}, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const started = now();
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, CI: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let pending = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      pending += chunk;
      const lines = pending.split('\n');
      pending = lines.pop();
      for (const line of lines) onLine?.(line, now());
    });
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ms: now() - started, code, stdout, stderr, started }));
  });
}

/** The median wall time of a command over `times` runs, which must end with `code`. */
export async function wall(command, args, { times = 11, env, code = 0 } = {}) {
  const samples = [];
  for (let turn = 0; turn < times; turn += 1) {
    const result = await run(command, args, { env });
    if (result.code !== code)
      throw new Error(`${command} ${args.join(' ')} ended with ${result.code}:\n${result.stderr}`);
    samples.push(result.ms);
  }
  return median(samples);
}

/** Prints one figure and says whether it reaches its target. */
export function figure(name, value, yardstick, limit, unit = 'ms') {
  const ratio = value / yardstick.value;
  const ok = ratio <= limit;
  if (!ok) process.exitCode = 1;
  const show = (number) => (unit === 'ms' ? `${number.toFixed(0)} ms` : `${number.toFixed(2)} ${unit}`);
  console.log(
    `${ok ? 'ok  ' : 'MISS'}  ${name.padEnd(44)} ${show(value).padStart(9)}   ${ratio.toFixed(2)} x ${yardstick.name} (${show(yardstick.value)}), at most ${limit}`,
  );
}
