// Building and sealing a start-up bundle: against `tar | gzip -1 | openssl enc` over the same files, and the peak memory of
// the process at two sizes. Then the whole job: a role with three trivial modules on the local cloud.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, LAUNCH, median, ROLECALL, run } from './measure.mjs';
import { peakMeter } from './parts/peak.mjs';
import { writeTree } from './parts/tree.mjs';

const TIMES = 5;
const FILES = 500;
const FILE_BYTES = 400_000;
const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const catalogue = join(folder, 'roles.yaml');
const peak = await peakMeter(folder);
const env = { XDG_STATE_HOME: join(folder, 'state') };

async function checked(command, args, more = {}) {
  const { code, ms, stdout, stderr } = await run(command, args, { env: { ...env, ...more } });
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stdout}\n${stderr}`);
  return ms;
}

async function writeModule(name) {
  const module = join(folder, 'modules', name);
  await mkdir(module, { recursive: true });
  await writeFile(join(module, 'module.yaml'), `description: The module ${name}\n`);
  await writeFile(join(module, 'start-up.sh'), '#!/bin/bash\necho "rolecall: here"\n');
  return module;
}

const seal = (role) => [
  ROLECALL,
  ...['bundle', 'build', '--catalogue', catalogue, '--role', role, '--env', 'prod', '--context', 'a'],
  ...['--file', join(folder, 'sealed')],
];

try {
  for (const name of ['one', 'two', 'three']) await writeModule(name);
  const large = await writeModule('large');
  await writeTree(join(large, 'payload'), FILES, FILE_BYTES);
  const huge = await writeModule('huge');
  await writeTree(join(huge, 'payload'), 50, 40_000_000);
  await writeFile(
    catalogue,
    `version: 1
name: bench
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: bench-rolecall
defaults: {instance_type: t3.micro}
environments: {prod: }
contexts: {a: }
roles: {large: {modules: [large]}, huge: {modules: [huge]}, trio: {modules: [one, two, three]}}
`,
  );
  await writeFile(join(folder, 'key'), `${'0'.repeat(64)}\n`);
  const pipe = `tar -C ${large} -c . | gzip -1 | openssl enc -aes-256-cbc -pbkdf2 -pass file:${folder}/key -out ${folder}/theirs`;
  const ours = [];
  const theirs = [];
  for (let turn = 0; turn < TIMES; turn += 1) {
    theirs.push(await checked('bash', ['-c', pipe]));
    ours.push(await checked('node', seal('large'), peak.env));
  }
  const yardstick = { name: 'tar | gzip -1 | openssl enc', value: median(theirs) / 1000 };
  // At least 0.8 times the speed is at most 1/0.8 times the time.
  figure('bundle build, 200 MB', median(ours) / 1000, yardstick, 1 / 0.8, 's');
  figure('  its peak memory', await peak.megabytes(), { name: '200 MB', value: 200 }, 1, 'MB');
  await checked('node', seal('huge'), peak.env);
  figure('bundle build, 2 GB: peak memory', await peak.megabytes(), { name: '200 MB', value: 200 }, 1, 'MB');

  const args = [
    LAUNCH,
    '--catalogue',
    catalogue,
    '--role',
    'trio',
    '--env',
    'prod',
    '--context',
    'a',
    '--local',
  ];
  const walls = [];
  for (let turn = 0; turn <= 7; turn += 1) {
    const ms = await checked('node', args);
    // The first one makes the image.
    if (turn > 0) walls.push(ms);
  }
  const second = { name: '1 s', value: 1 };
  figure('launch of three modules --local: start to exit', median(walls) / 1000, second, 4, 's');
} finally {
  await rm(folder, { recursive: true, force: true });
}
