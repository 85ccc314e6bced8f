/**
 * What happens to the bootstrapper on one real machine: tools that are missing, signals, the serial line, the network, the
 * metadata service, and the commands of docs/ami.md. The machine is held back before its first run; later runs are restarts,
 * and boots for docs/ami.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RebootInstancesCommand, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/cli.ts';
import { amiCommands } from '../support/page-commands.ts';
import { shellEnv } from '../support/shell-env.ts';
import { type LaneCloud, laneCloud, type Outcome } from './support/cloud.ts';
import { RESTART, settled, TOOLS, without } from './support/tools.ts';

/**
 * A network that comes late, and a metadata service as EC2's is on a bad day. The latter is for the bootstrapper alone, since
 * cloud-init would meet all of it first: a request is tried eleven times in about 40 s.
 */
const FAULTS = `metadata: {user_agent: curl, fail_first: 1, delay_ms: 500, dead_ms: 20000}
network_late: {ms: 20000}
`;

let cloud: LaneCloud;
let launching: Promise<Outcome>;
let launch = '';
let instance = '';

beforeAll(async () => {
  cloud = await laneCloud('vm', FAULTS);
  launching = cloud.launch('gated', 'b', 'gated');
  launch = 'gated';
  instance = await cloud.instance(launch);
  await inside(
    'until [[ $(systemctl show -P SubState rolecall-bootstrapper) == start-pre ]]; do sleep 1; done',
  );
});
afterAll(() => cloud.down());

/** Runs a shell line as root, which must succeed. */
async function inside(line: string, input?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await cloud.exec(instance, line, input);
  expect({ line, code, stderr: code === 0 ? '' : stderr }).toEqual({ line, code: 0, stderr: '' });
  return stdout;
}

const restart = (mode: string) => inside(`echo ${mode} >/run/lane-mode; ${RESTART} || true`);

describe('before anything valid has come from the machine', () => {
  test.each(TOOLS)('without %s the machine fails, and says so', async (said, tools) => {
    const ran = await cloud.exec(instance, without(tools, '/usr/local/sbin/rolecall-bootstrapper'));
    expect(ran.code).toBe(1);
    const { code, machine } = await cloud.watch(launch, false);
    expect({ code, verdict: machine.verdict, failure: machine.failure }).toMatchObject({
      code: 3,
      verdict: 'failed',
      failure: {
        step: 'metadata',
        status: 1,
        error: expect.stringContaining(`missing on this AMI: ${said}`),
      },
    });
  });
});

describe('then', () => {
  test('the launch that waited succeeds, by metadata that is dead for 20 s, then answers 503, and is slow', async () => {
    await inside('touch /run/lane-go');
    const { code, machine } = await launching;
    expect({ code, verdict: machine.verdict, failure: machine.failure }).toEqual({
      code: 0,
      verdict: 'succeeded',
      failure: undefined,
    });
    // It was there for the faults: the step took as long as the silence.
    const { ms = 0 } = machine.steps.find(({ name }) => name === 'metadata') ?? {};
    expect(ms).toBeGreaterThan(20_000);
  });

  test('systemctl stop in the middle is a failure by SIGTERM', async () => {
    await inside('echo hangs >/run/lane-mode; systemctl restart --no-block rolecall-bootstrapper');
    await cloud.saw(instance, 'mode hangs');
    await inside('systemctl stop rolecall-bootstrapper');
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({
      code: 3,
      verdict: 'failed',
      failure: { step: 'init', status: 143, error: expect.stringContaining('SIGTERM') },
    });
  });

  test('a login prompt that starts anew hangs up the line, and loses nothing', async () => {
    await restart('getty');
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({ code: 0, verdict: 'succeeded' });
    expect((await cloud.console(instance)).match(/the login prompt is back/g)?.length).toBeGreaterThan(0);
  });

  test('a console that dies in the middle: the verdict and the reason come by beacon', async () => {
    await restart('dark');
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({
      code: 3,
      verdict: 'failed',
      failure: { step: 'init', status: 9 },
    });
    await inside('cp -a /run/lane-devices/. /dev/');
  });

  test('a network that is down for 20 s', async () => {
    await inside(
      `echo ok >/run/lane-mode; ip link set eth0 down
      systemd-run --quiet --on-active=20 ip link set eth0 up
      ${RESTART}`,
    );
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({ code: 0, verdict: 'succeeded' });
  });
});

describe('docs/ami.md', () => {
  const commands = amiCommands();
  let folder: string;
  beforeAll(async () => {
    // By the commands of the page, but that `npm root -g` names this checkout, and scp leads into the machine.
    folder = mkdtempSync(join(tmpdir(), 'rolecall-ami-'));
    mkdirSync(join(folder, 'lib/node_modules'), { recursive: true });
    symlinkSync(ROOT, join(folder, 'lib/node_modules/rolecall'));
    execFileSync('bash', ['-euc', `scp() { :; }\n${commands.pack}`], {
      cwd: folder,
      env: { ...shellEnv(), NPM_CONFIG_PREFIX: folder },
    });
    // A machine that never had rolecall, but for the init script of this test.
    await inside(`cp /etc/rolecall/init/b/bootstrapper.sh /root/own.sh
      systemctl disable rolecall-bootstrapper
      rm -rf /etc/rolecall /usr/local/sbin/rolecall-bootstrapper /etc/rc.local /etc/systemd/system/rolecall-bootstrapper.service*`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** /tmp is empty after a boot, so the files are sent before each of the two ways. */
  const install = async () => {
    await inside('cat >/tmp/rolecall-ami.tar.gz', readFileSync(join(folder, 'rolecall-ami.tar.gz')));
    await inside(`set -eu\n${commands.install}`);
    await inside('cp /root/own.sh /etc/rolecall/init/b/prod/bootstrapper.sh; systemctl daemon-reload');
  };

  /** The console holds the newest 64 KB only, so runs are known by their ids. */
  const runs = async () =>
    [...(await cloud.console(instance)).matchAll(/<<rc2 \S+ (\S+) 1 \S+ begin /g)].map(([, run]) => run);
  const anotherRun = async (known: readonly (string | undefined)[]) =>
    (await runs()).some((run) => !known.includes(run));

  test('by rc.local: before the last stage of cloud-init', async () => {
    await install();
    await inside(`set -eu\n${commands.rcLocal}`);
    await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [instance] }));
    await cloud.state(instance, 'stopped');
    const before = await runs();
    await cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [instance] }));
    await cloud.until('a run by rc.local', () => anotherRun(before));
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({ code: 0, verdict: 'succeeded' });
    const unit = await inside(
      `${settled('rc-local')}
      systemctl show -P After cloud-final | grep -o rc-local.service
      test ! -e /etc/systemd/system/rolecall-bootstrapper.service`,
    );
    expect(unit).toBe('active\nrc-local.service\n');
  });

  test('by the unit, also where cloud-init is switched off, at a reboot by EC2', async () => {
    await install();
    await inside(`set -eu\n${commands.unit}`);
    await inside('touch /etc/cloud/cloud-init.disabled');
    await inside(`set -eu\nrm /etc/rc.local\n${commands.tidy}`);
    const before = await runs();
    await cloud.ec2.send(new RebootInstancesCommand({ InstanceIds: [instance] }));
    await cloud.until('a run by the unit', () => anotherRun(before));
    const { code, machine } = await cloud.watch(launch);
    expect({ code, ...machine }).toMatchObject({ code: 0, verdict: 'succeeded' });
    const units = await inside(
      `${settled('rolecall-bootstrapper')}; systemctl is-active cloud-final || true`,
    );
    expect(units).toBe('active\ninactive\n');
  });
});
