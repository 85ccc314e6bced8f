// A scale-out to 50 machines, killed (SIGKILL) at a random moment and run again, many times over: the second run must end with 50
// proved machines, no matter when the first one ended. usage: node bench/fleet-kill.mjs [--moments 100] [--minutes 15] [--seed N]
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ROLECALL, ROOT, run } from './measure.mjs';
import { simulatedCloud } from './parts/cloud.mjs';
import { REGION } from './parts/scale-out.mjs';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '15' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const SIZE = 50;
const SPEED = 20;
const FAULTS = `seed: 7
invisible_ms: 2000
boxes:
  pending_ms: 1000
  kernel_ms: 1000
  steps: [{name: personality, ms: 30}, {name: init, ms: 3000}]
`;
const moments = Number(values.moments);
const until = performance.now() + Number(values.minutes) * 60_000;
/** Each moment has a fleet of its own, the context's. */
const contexts = Array.from({ length: moments + 1 }, (_, i) => `c${i}`);

/** Numbers from 0 up to 1, the same for the same seed. */
let state = Number(values.seed);
function random() {
  state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return state / 2 ** 32;
}

const folder = await mkdtemp(join(tmpdir(), 'rolecall-fleet-kill-'));
const cloud = await simulatedCloud(folder, { speed: SPEED, faults: FAULTS });
const ec2 = new EC2Client({ endpoint: cloud.endpoint, region: REGION, credentials: cloud.keys });
const file = join(folder, 'roles.yaml');
const counts = { duplicates: 0, orphans: 0, otherEnds: 0, ended: 0 };
let tried = 0;
try {
  await writeFile(
    file,
    `version: 1
name: bench
region: ${REGION}
ami: ami-0123456789abcdef0
bucket: bench-fleet
defaults: {instance_type: t3.small}
environments: {prod: {}}
contexts: {${contexts.map((name) => `${name}: {}`).join(', ')}}
roles: {web: {}}
`,
  );
  const whole = await run(process.execPath, [ROLECALL, ...scale('c0')], { env: cloud.env });
  if (whole.code !== 0) throw new Error(`the whole run ended with ${whole.code}:\n${whole.stderr}`);
  for (const context of contexts.slice(1)) {
    if (performance.now() > until) break;
    const afterMs = random() * whole.ms;
    if (!(await killed(context, afterMs))) counts.ended += 1;
    const again = await run(process.execPath, [ROLECALL, ...scale(context)], { env: cloud.env });
    judge(again, await living(context), `${context}, killed after ${afterMs.toFixed(0)} ms`);
    tried += 1;
  }
} finally {
  ec2.destroy();
  await cloud.down();
  await rm(folder, { recursive: true, force: true });
}
const { duplicates, orphans, otherEnds, ended } = counts;
console.log(
  `${tried} of ${moments} moments (seed ${values.seed}; ${ended} runs had ended before): ${duplicates} duplicates, ${orphans} orphans, ${otherEnds} other ends`,
);
if (duplicates + orphans + otherEnds > 0 || tried < moments) process.exitCode = 1;

function scale(context) {
  const what = ['scale', '--role', 'web', '--env', 'prod', '--context', context, '--to', String(SIZE)];
  return [
    ...what,
    '--yes',
    '--launch-id',
    `kill-${context}`,
    '--local',
    '--catalogue',
    file,
    '--output',
    'json',
  ];
}

/** Runs it, and kills it after so long. @returns false where it had ended by itself */
function killed(context, afterMs) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ROLECALL, ...scale(context)], {
      cwd: ROOT,
      env: { ...process.env, CI: '', ...cloud.env },
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

/** Ids of the fleet's machines that are there, whatever the run says. */
async function living(context) {
  const Filters = [
    { Name: 'tag:rolecall:context', Values: [context] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
}

function judge({ code, stdout, stderr }, ids, what) {
  const { machines = [], summary } = stdout === '' ? {} : JSON.parse(stdout);
  const told = new Set(machines.map(({ instance_id: id }) => id));
  const orphans = ids.filter((id) => !told.has(id)).length;
  const isEnd = code === 0 && summary?.succeeded === SIZE;
  counts.duplicates += Math.max(0, ids.length - SIZE);
  counts.orphans += orphans;
  if (!isEnd) counts.otherEnds += 1;
  if (isEnd && orphans === 0 && ids.length === SIZE) return;
  const ends = `${ids.length} machines, ${orphans} that the report doesn't have`;
  console.log(`${what}: exit ${code}, ${JSON.stringify(summary)}, ${ends}\n${stderr.slice(-2000)}`);
}
