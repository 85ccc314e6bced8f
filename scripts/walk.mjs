// Measures the walk of a launch: which files of src/cli and src/actions run a function of theirs between the command line and
// the RunInstances request, in which order, and how often a room below calls back into src/cli. The sources run as they
// stand, against a local cloud of simulated machines. usage: node scripts/walk.mjs [--json] [-- ARGUMENT...]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const LAUNCH = ['launch', '--role', 'memcached', '--env', 'prod', '--context', 'b'];
const args = positionals.length > 0 ? positionals : LAUNCH;

const folder = mkdtempSync(join(tmpdir(), 'rolecall-walk-'));
const notes = join(folder, 'notes.json');
const env = { ...process.env, XDG_STATE_HOME: folder, CI: '', GITHUB_ACTIONS: '' };

/** Runs the sources' own rolecall. */
const rolecall = (words, more = {}, hooks = []) =>
  spawnSync(
    process.execPath,
    [
      ...['typescript.mjs', ...hooks].map((name) => `--import=${root}scripts/${name}`),
      `${root}src/bin/rolecall.ts`,
      ...words,
    ],
    { cwd: root, env: { ...env, ...more }, encoding: 'utf8' },
  );

function succeed(words) {
  const { status, stdout, stderr } = rolecall(words);
  if (status !== 0) throw new Error(`rolecall ${words.join(' ')} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** The environment that leads the AWS SDK to the local cloud. */
const variables = () =>
  Object.fromEntries(
    [...succeed(['local', 'env']).matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );

try {
  succeed(['local', 'up', '--boxes', 'simulated', '--clock-speed', '50']);
  try {
    // Brings the image and the bucket into the cloud, so that the measured launch finds them as it would in AWS.
    succeed([...LAUNCH, '--local']);
    const { stderr } = rolecall(args, { ...variables(), WALK_NOTES: notes }, ['walk-hook.mjs']);
    if (!existsSync(notes))
      throw new Error(`rolecall ${args.join(' ')} sent no RunInstances request:\n${stderr}`);
  } finally {
    succeed(['local', 'down']);
  }
  print(JSON.parse(readFileSync(notes, 'utf8')));
} finally {
  rmSync(folder, { recursive: true });
}

/** What V8 has seen run, in the order of the first calls. */
function print({ files, covered, climbs }) {
  const missed = covered.filter((path) => !files.includes(path));
  if (missed.length > 0) throw new Error(`V8 saw functions run that the hook did not see: ${missed}`);
  const walked = covered.toSorted((a, b) => files.indexOf(a) - files.indexOf(b));
  const up = climbs.map(([climb, times]) => ({ climb, times }));
  const total = up.reduce((sum, { times }) => sum + times, 0);
  if (values.json)
    return console.log(JSON.stringify({ args, files: walked, climbs: up, total }, undefined, 2));
  console.log(`rolecall ${args.join(' ')}, up to RunInstances\n`);
  for (const [index, path] of walked.entries()) console.log(`${String(index + 1).padStart(4)}  ${path}`);
  if (total > 0) console.log('\ncalls from a room below into src/cli');
  for (const { climb, times } of up) console.log(`${String(times).padStart(4)}  ${climb}`);
  console.log(`\n${walked.length} files of src/cli and src/actions, ${total} climbs`);
}
