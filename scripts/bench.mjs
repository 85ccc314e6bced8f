// Runs the benchmarks one after the other: npm run bench [-- NAME ...]. Needs a machine that does nothing else. `vm` runs
// by name only, since it needs QEMU.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../bench/', import.meta.url));
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && file !== 'measure.mjs')
  .map((file) => file.replace('.mjs', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : all.filter((name) => name !== 'vm');
for (const name of names) {
  if (!all.includes(name)) {
    console.error(`there is no benchmark "${name}": ${all.join(', ')}`);
    process.exitCode = 2;
    continue;
  }
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, [`${folder}${name}.mjs`], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
