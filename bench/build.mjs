// Building an archive of a 200 MB tree, half of it text and half of it random bytes: against `git archive | gzip -6`.
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, ROLECALL, run } from './measure.mjs';

const TIMES = 3;
const FILES = 500;
const FILE_BYTES = 400_000;
const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const repository = join(folder, 'repository');
const catalogue = join(folder, 'roles.yaml');
const WORDS = [
  'machine',
  'launch',
  'role',
  'bucket',
  'pointer',
  'verdict',
  'context',
  'build',
  'step',
  'payload',
];

/** Words in an order that repeats only after a long while, as text does. */
function textOf(bytes, seed) {
  const words = [];
  let state = seed + 1;
  for (let length = 0; length < bytes; length += words.at(-1).length + 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    words.push(state % 7 === 0 ? String(state) : WORDS[state % WORDS.length]);
  }
  return words.join(' ').slice(0, bytes);
}

try {
  for (let index = 0; index < FILES; index += 1) {
    const parent = join(repository, `d${index % 25}`);
    await mkdir(parent, { recursive: true });
    const body = index % 2 ? randomFillSync(Buffer.alloc(FILE_BYTES)) : textOf(FILE_BYTES, index);
    await writeFile(join(parent, `f${index}`), body);
  }
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
      cwd: repository,
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'bench');
  await writeFile(
    catalogue,
    `version: 1
name: bench
region: eu-central-1
ami: ami-0123456789abcdef0
apps: {shop: {repository: repository}}
environments: {prod: }
contexts: {a: }
roles: {web: {app: shop, instance_type: t3.micro}}
`,
  );
  const timed = async (command, args) => {
    const { code, ms, stderr } = await run(command, args);
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stderr}`);
    return ms;
  };
  const ours = [];
  const theirs = [];
  for (let turn = 0; turn < TIMES; turn += 1) {
    theirs.push(
      await timed('bash', ['-c', `git -C ${repository} archive HEAD | gzip -6 >${folder}/git.tar.gz`]),
    );
    ours.push(
      await timed('node', [
        ROLECALL,
        'release',
        'build',
        '--catalogue',
        catalogue,
        '--file',
        join(folder, 'ours.tar.gz'),
      ]),
    );
  }
  const yardstick = { name: 'git archive | gzip -6', value: median(theirs) / 1000 };
  figure('release build, 200 MB', median(ours) / 1000, yardstick, 1, 's');
} finally {
  await rm(folder, { recursive: true, force: true });
}
