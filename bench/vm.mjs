// What rolecall adds to a boot of a virtual machine: from EC2's launch time to the verdict of a role, against a bare boot of
// the same image (no user data) to cloud-init's last line, in turns. Needs QEMU: node bench/vm.mjs [TIMES]
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { figure, LAUNCH, median, ROLECALL, run } from './measure.mjs';

const times = Number(process.argv[2] ?? 3);
// A fresh cloud, but the machine's own images.
const own = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'rolecall/local');
const state = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const local = join(state, 'rolecall/local');
for (const folder of [own, local]) mkdirSync(folder, { recursive: true, mode: 0o700 });
for (const name of ['images-vm', 'apt-vm']) {
  mkdirSync(join(own, name), { recursive: true, mode: 0o700 });
  await symlink(join(own, name), join(local, name));
}
const env = { XDG_STATE_HOME: state };

/** Runs rolecall to its end. @returns its stdout */
async function rolecall(...args) {
  const { code, stdout, stderr } = await run('node', [ROLECALL, ...args], { env });
  if (code !== 0) throw new Error(`rolecall ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

/** Milliseconds to the verdict of the example's memcached. */
async function toVerdict() {
  const role = ['--role', 'memcached', '--env', 'prod', '--context', 'b', '--timeout', '30m'];
  const { code, stdout, stderr } = await run('node', [LAUNCH, ...role, '--local', '--output', 'json'], {
    env,
  });
  if (code !== 0) throw new Error(`launch ended with ${code}:\n${stderr}`);
  const [machine] = JSON.parse(stdout).machines;
  await ec2('terminate-instances', '--instance-ids', machine.instance_id);
  return machine.boot_ms;
}

let cloud = {};
/** Calls the local EC2 by the AWS CLI, which knows the endpoint by an option from all its versions on. @returns its answer */
async function ec2(...args) {
  const words = ['--endpoint-url', cloud.AWS_ENDPOINT_URL_EC2, 'ec2', ...args, '--output', 'json'];
  const { code, stdout, stderr } = await run('/usr/bin/aws', words, { env: { ...env, ...cloud } });
  if (code !== 0) throw new Error(`aws ec2 ${args[0]}: ${stderr}`);
  return JSON.parse(stdout || '{}');
}

/** Milliseconds to cloud-init's last line, by the machine's own clock, without user data; whole seconds. */
async function toCloudInit(ami) {
  const answer = await ec2('run-instances', '--image-id', ami, '--instance-type', 't3.micro');
  const [{ InstanceId: id, LaunchTime: launched }] = answer.Instances;
  let finished;
  while (finished === undefined) {
    const { Output = '' } = await ec2('get-console-output', '--instance-id', id, '--latest');
    [, finished] = /Cloud-init v\. \S+ finished at (.+? \+0000)/.exec(Output) ?? [];
    // Each look is a process of its own, which takes its share of the processors.
    await setTimeout(2000);
  }
  const ms = Date.parse(finished) - Date.parse(launched);
  await ec2('terminate-instances', '--instance-ids', id);
  return ms;
}

const verdicts = [];
const bare = [];
try {
  await rolecall('local', 'up', '--boxes', 'vm');
  const exports = (await rolecall('local', 'env')).matchAll(/^export (\w+)='?([^'\n]*)'?$/gm);
  cloud = Object.fromEntries([...exports].map(([, name, value]) => [name, value]));
  const ami = 'ami-0123456789abcdef0';
  for (let turn = 0; turn < times; turn += 1) {
    // The first launch makes the image, before EC2's launch time begins to count, and makes its AMI known.
    verdicts.push(await toVerdict());
    bare.push(await toCloudInit(ami));
  }
} finally {
  await run('node', [ROLECALL, 'local', 'down'], { env });
  await rm(state, { recursive: true, force: true });
}
const yardstick = { name: 'a bare boot', value: median(bare) / 1000 };
figure('VM: launch to the verdict of memcached', median(verdicts) / 1000, yardstick, 1.3, 's');
