import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, sandbox } from '../support/cli.ts';

const exec = promisify(execFile);

/** A cloud that stays up, looked at with everything that an operator has: rolecall, and Debian's own AWS client. */
describe('a lasting local cloud', () => {
  const box = sandbox();
  let instance = '';
  let launch = '';

  beforeAll(async () => {
    expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
    const args = [
      'launch',
      '--role',
      'memcached',
      '--env',
      'prod',
      '--context',
      'b',
      '--local',
      '--output',
      'json',
    ];
    const { code, stdout, stderr } = await box.run(args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const document = JSON.parse(stdout);
    instance = document.machines[0].instance_id;
    launch = document.launch.id;
  });
  afterAll(async () => {
    await box.run(['local', 'down']);
    box.dispose();
  });

  test('memcached answers version and stats, by its own protocol, inside the machine', async () => {
    const script = String.raw`exec 3<>/dev/tcp/127.0.0.1/11211; printf 'version\r\nstats\r\nquit\r\n' >&3; cat <&3`;
    const { code, stdout } = await box.run(['local', 'exec', instance, '--', 'bash', '-c', script]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^VERSION \d+\.\d+\.\d+\r\n/);
    expect(stdout).toMatch(/STAT uptime \d+\r\n/);
    expect(stdout).toMatch(/STAT limit_maxbytes 134217728\r\n|STAT limit_maxbytes \d+\r\n/);
    expect(stdout).toMatch(/END\r\n$/);
  });

  test('a command inside the machine gives its own exit code', async () => {
    expect(await box.run(['local', 'exec', instance, '--', 'sh', '-c', 'exit 41'])).toMatchObject({
      code: 41,
    });
  });

  test("the operator's own files are not in the machine", async () => {
    const list = ['ls', '-A', '/root', '/home'];
    const { stdout } = await box.run(['local', 'exec', instance, '--', ...list]);
    expect(stdout.replaceAll(/\/(root|home):/g, '').trim()).toBe('');
  });

  test.each([
    ['from above the catalogue', '../..'],
    ['from the system', '/etc/ssl'],
    ['by a link', 'link'],
  ])('no machine gets files %s: the overlay lies in the repository', async (_what, overlay) => {
    const place = mkdtempSync(join(box.home, 'catalogue-'));
    symlinkSync('/etc/ssl', join(place, 'link'));
    const text = readFileSync(join(ROOT, 'roles.yaml'), 'utf8').replace(
      'overlay: example/image',
      `overlay: ${overlay}`,
    );
    expect(text).toContain(`overlay: ${overlay}`);
    writeFileSync(join(place, 'roles.yaml'), text);
    const words = ['launch', '--role', 'worker', '--env', 'prod', '--context', 'b', '--local'];
    const { code, stderr } = await box.run([...words, '--catalogue', join(place, 'roles.yaml')]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /error: local_image\.overlay is \/\S*, outside of the catalogue's repository\n {2}→ copy it beside/,
      ),
    });
  });

  test('console prints what the machine printed', async () => {
    const { code, stdout } = await box.run(['console', instance, '--local']);
    expect(code).toBe(0);
    expect(stdout).toContain('rolecall[init]: running /etc/rolecall/init/b/prod/bootstrapper.sh');
    expect(stdout).toContain('Unhandled non-multipart');
    expect(stdout).not.toMatch(/rolecall_nonce=[0-9a-f]/);
  });

  test('requests are counted, for people and for programs', async () => {
    const { code, stdout } = await box.run(['local', 'requests']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +OPERATION +REQUESTS\n(?:EC2|S3) +\w+ +\d+/);
    expect(stdout).toMatch(/^EC2 +RunInstances +1$/m);
    const { stdout: json } = await box.run(['local', 'requests', '--output', 'json']);
    expect(JSON.parse(json)).toMatchObject({ ec2: { RunInstances: { requests: 1, throttled: 0 } }, s3: {} });
  });

  test('console as data', async () => {
    const { code, stdout } = await box.run(['console', instance, '--local', '--output', 'json']);
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ instance_id: instance, parts: [{ text: expect.any(String) }] });
    expect(document.parts[0].text).toContain('rolecall[init]: running');
  });

  test('watch finds the launch again, and its verdict', async () => {
    const { code, stdout } = await box.run(['watch', launch, '--local', '--output', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).machines).toMatchObject([{ instance_id: instance, verdict: 'succeeded' }]);
  });

  test('watch finds it by its tags too, where no record of the launch is left', async () => {
    const elsewhere = { XDG_STATE_HOME: box.home };
    await exec('cp', ['-r', `${box.env['XDG_STATE_HOME']}/rolecall/local`, `${box.home}/copy`]);
    await exec('mkdir', ['-p', `${box.home}/rolecall`]);
    await exec('mv', [`${box.home}/copy`, `${box.home}/rolecall/local`]);
    // Nor of a catalogue: the folder has none above it.
    const args = [
      'watch',
      launch,
      '--local',
      '--region',
      'eu-central-1',
      '--timeout',
      '1m',
      '--output',
      'json',
    ];
    const { code, stdout, stderr } = await box.run(args, { env: elsewhere, cwd: box.home });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      launch: { id: launch, catalogue: 'example', role: 'memcached', environment: 'prod', context: 'b' },
      machines: [{ instance_id: instance, verdict: 'succeeded' }],
    });
  });

  test('the same launch id again launches nothing more', async () => {
    const args = ['launch', '--role', 'memcached', '--env', 'prod', '--context', 'b', '--local'];
    const { code, stdout } = await box.run([...args, '--launch-id', launch, '--output', 'json']);
    expect(code).toBe(0);
    expect(
      JSON.parse(stdout).machines.map((machine: { instance_id: string }) => machine.instance_id),
    ).toEqual([instance]);
    const other = await box.run([...args, '--count', '2', '--launch-id', launch]);
    expect({ code: other.code, stderr: other.stderr }).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(launch),
    });
  });

  test("Debian's aws sees the machine, its tags and its console", async () => {
    const { stdout: exports } = await box.run(['local', 'env']);
    const aws = async (command: string) => {
      // Debian’s client is older than AWS_ENDPOINT_URL_EC2.
      const { stdout } = await exec(
        'bash',
        [
          '-c',
          `eval "$1"; exec /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL_EC2" ec2 ${command} --output json`,
          '-',
          exports,
        ],
        {
          env: box.env,
        },
      );
      return JSON.parse(stdout);
    };
    const described = await aws(`describe-instances --filters Name=tag:rolecall:launch,Values=${launch}`);
    const [found] = described.Reservations[0].Instances;
    expect(found).toMatchObject({
      InstanceId: instance,
      State: { Name: 'running' },
      InstanceType: expect.any(String),
    });
    expect(found.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'rolecall:role', Value: 'memcached' },
        { Key: 'rolecall:verdict', Value: 'succeeded' },
      ]),
    );
    const console = await aws(`get-console-output --latest --instance-id ${instance}`);
    expect(console.Output).toContain('memcached');
  });

  test('local up again says that it is up; local env points a shell to it', async () => {
    const again = await box.run(['local', 'up']);
    expect({ code: again.code, said: again.stdout + again.stderr }).toMatchObject({
      code: 0,
      said: expect.stringMatching(/up already/),
    });
    const { stdout } = await box.run(['local', 'env']);
    expect(stdout).toMatch(/^export AWS_ENDPOINT_URL_EC2=['"]?http:\/\/127\.0\.0\.1:\d+/m);
  });
});
