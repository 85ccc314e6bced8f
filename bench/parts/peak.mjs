// The peak memory of a node process that a benchmark runs.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns what to give a process for its environment, and how much the last one that had it took */
export async function peakMeter(folder) {
  const hook = join(folder, 'peak.cjs');
  const file = join(folder, 'peak');
  // kB, when the process ends.
  const code = `process.on('exit', () => require('node:fs').writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));`;
  await writeFile(hook, code);
  return {
    env: { NODE_OPTIONS: `--require ${hook}`, PEAK_FILE: file },
    megabytes: async () => Number(await readFile(file, 'utf8')) / 1000,
  };
}
