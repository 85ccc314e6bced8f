// Building an archive of a 200 MB tree, half of it text and half of it random bytes: against `git archive | gzip -6`.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, ROLECALL, run } from './measure.mjs';
import { writeTree } from './parts/tree.mjs';

const TIMES = 3;
const FILES = 500;
const FILE_BYTES = 400_000;
const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const repository = join(folder, 'repository');
const catalogue = join(folder, 'roles.yaml');
try {
  await writeTree(repository, FILES, FILE_BYTES);
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
