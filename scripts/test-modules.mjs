// Boots every module of the standard collection alone in a local machine, and the example's own: npm run test:modules
// [-- NAME ...]. Packages are fetched by apt, so the network must be there; complete machines need root or sudo.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const foldersIn = (path) =>
  readdirSync(`${root}${path}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const all = [...foldersIn('templates/modules'), ...foldersIn('modules')].sort();
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

let succeeded = 0;
for (const name of names) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${root}dist/rolecall.cjs`, 'module', 'test', name, '--network', '--output', 'json'],
    { cwd: root, stdio: ['inherit', 'pipe', 'pipe'], encoding: 'utf8' },
  );
  const machine = stdout === '' ? undefined : JSON.parse(stdout).machines[0];
  const seconds = (step) => {
    const found = machine?.steps.find((each) => each.name === step);
    return found === undefined ? '-' : `${(found.ms / 1000).toFixed(1)} s`;
  };
  const times = `first start ${seconds(`module.${name}`)}, again ${seconds(`module.${name}-again`)}, test ${seconds(`module.${name}-test`)}`;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)} ${times}`);
  if (status === 0) succeeded += 1;
  else console.log(stderr + stdout);
}
console.log(`${succeeded} of ${names.length} modules succeeded`);
process.exitCode = names.length > 0 && succeeded === names.length ? 0 : 1;
