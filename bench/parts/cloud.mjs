// A local cloud of simulated machines for benchmarks: brought up by the bundled CLI, in a state folder of its own.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import '../../scripts/typescript.mjs';
import { ROLECALL, run } from '../measure.mjs';

const { call } = await import('../../packages/local-cloud/src/control/connection.ts');

/** Runs the bundled CLI, which must end with 0. */
async function rolecall(args, env) {
  const result = await run('node', [ROLECALL, ...args], { env });
  if (result.code !== 0)
    throw new Error(`rolecall ${args.join(' ')} ended with ${result.code}:\n${result.stderr}`);
  return result;
}

/**
 * Brings one up whose time runs `speed` times as fast.
 * @param faults text of a faults file
 * @returns `env` for commands that use it, what to sign with, `control` to call its control API, its `requests()` so far, and `down()`
 */
export async function simulatedCloud(folder, { speed, faults }) {
  const file = join(folder, 'faults.yaml');
  await writeFile(file, faults);
  const env = { XDG_STATE_HOME: folder };
  const options = ['--boxes', 'simulated', '--clock-speed', String(speed), '--faults', file];
  await rolecall(['local', 'up', ...options], env);
  const cloud = JSON.parse(await readFile(join(folder, 'rolecall', 'local', 'cloud.json'), 'utf8'));
  return {
    env,
    endpoint: cloud.endpoint,
    keys: { accessKeyId: cloud.access_key_id, secretAccessKey: cloud.secret_access_key },
    control: (method, path, json) => call(cloud, method, path, { json }),
    requests: () => call(cloud, 'GET', 'requests'),
    down: () => rolecall(['local', 'down'], env),
  };
}

/** Sums up a cloud's counts. Forms are what machines post; all else was asked by clients. */
export function totals({ ec2, s3 }) {
  const byName = { ...ec2, ...s3 };
  delete byName.PostObject;
  const counts = Object.values(byName);
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  return { requests: sum('requests'), throttled: sum('throttled'), byName };
}
