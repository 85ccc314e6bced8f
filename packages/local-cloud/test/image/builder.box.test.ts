import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installation } from '../../../../src/actions/local/installation.ts';
import { downloadPackages } from '../../src/image/apt.ts';
import { imageBuilder } from '../../src/image/builder.ts';
import { type Lab, openLab } from '../box/harness.ts';

const IMAGE = 'ami-0123456789abcdef0';
let lab: Lab;
let overlay: string;
let before: string;
beforeAll(async () => {
  before = await readFile('/var/lib/dpkg/status', 'utf8');
  overlay = await mkdtemp(join(tmpdir(), 'rolecall-overlay-'));
  await mkdir(join(overlay, 'etc/rolecall/init/b/prod'), { recursive: true });
  const script = '#!/bin/bash\nservice memcached start && echo "rolecall: memcached is started"\n';
  await writeFile(join(overlay, 'etc/rolecall/init/b/prod/bootstrapper.sh'), script, { mode: 0o755 });
  lab = await openLab(overlay, ['memcached']);
});
afterAll(async () => {
  await lab.close();
  await rm(overlay, { recursive: true });
});

describe('an image with a package', () => {
  test('boots into its role: bootstrapper, init script, and a memcached that answers inside the box', async () => {
    const lines = ['environment=prod', 'role=memcached', 'context=b', 'rolecall_launch=l-1'];
    const machine = await lab.boot({
      userData: Buffer.from(`${[...lines, `rolecall_nonce=${'0'.repeat(32)}`].join('\n')}\n`),
    });
    await machine.said(/<<rc2 l-1 \S+ \d+ \S+ verdict ok init 0 \d+ \S+>>/);
    const ask = `for n in {1..100}; do exec 3<>/dev/tcp/127.0.0.1/11211 && break; sleep 0.02; done 2>/dev/null
      printf 'version\\r\\nstats\\r\\n' >&3; while read -r line <&3; do echo "$line"; [[ $line != END* ]] || break; done`;
    const { enterCommand } = await import('../../src/box/enter-command.ts');
    const [program = '', ...args] = enterCommand('complete', machine.pid ?? 0, ['bash', '-c', ask]);
    const answer = execFileSync(program, args, { encoding: 'utf8' });
    expect(answer).toMatch(/^VERSION 1\.\d+[\s\S]*STAT pid \d+/);
    const whose = 'stat -c %U "/proc/$(pidof memcached)"';
    const owner = execFileSync(program, [...args.slice(0, -3), 'sh', '-c', whose], { encoding: 'utf8' });
    expect(owner.trim()).toBe('memcache');
    await machine.stop();
  });

  test('has left the host as it was', async () => {
    expect(await readFile('/var/lib/dpkg/status', 'utf8')).toBe(before);
  });

  test('is built once; a change of the overlay makes a new layer of files over the same packages', async () => {
    const images = imageBuilder({ stateDir: lab.stateDir, installation: installation(), kind: 'complete' });
    const request = { id: IMAGE, overlay, packages: ['memcached'] };
    expect((await images.build(request)).built).toBe(false);
    const first = images.layers(IMAGE);
    expect(first).toHaveLength(2);
    await writeFile(join(overlay, 'etc/rolecall/new'), 'new\n');
    expect((await images.build(request)).built).toBe(true);
    expect(images.layers(IMAGE)?.[0]).not.toBe(first?.[0]);
    expect(images.layers(IMAGE)?.[1]).toBe(first?.[1]);
    // Boxes that run on the old one are not touched.
    expect(existsSync(first?.[0] ?? '')).toBe(true);
    expect(images.layers('ami-00000000')).toBeUndefined();
  });
});

test('a package that the host has already needs nothing', async () => {
  const folder = join(lab.stateDir, 'debs');
  expect(
    await downloadPackages(
      { packages: ['bash', 'coreutils'], aptDir: join(lab.stateDir, 'apt') },
      folder,
      new AbortController().signal,
    ),
  ).toEqual([]);
});

describe('a package that can’t be had is one clear sentence', () => {
  const build = (name: string) =>
    imageBuilder({ stateDir: lab.stateDir, installation: installation(), kind: 'complete' }).build({
      id: 'ami-00000001',
      packages: [name],
    });

  /** Runs `work` with other environment variables. */
  async function withEnvironment<T>(values: Record<string, string>, work: () => Promise<T>): Promise<T> {
    const old = { ...process.env };
    Object.assign(process.env, values);
    try {
      return await work();
    } finally {
      for (const name of Object.keys(values)) {
        if (old[name] === undefined) delete process.env[name];
        else process.env[name] = old[name];
      }
    }
  }

  test('unknown', async () => {
    await expect(build('no-such-package-anywhere')).rejects.toMatchObject({
      message: 'local_image.packages: Debian has no package named no-such-package-anywhere',
      kind: 'usage',
    });
  });

  test('no network', async () => {
    const nobody = { http_proxy: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' };
    await expect(withEnvironment(nobody, () => build('sl'))).rejects.toMatchObject({
      message: expect.stringMatching(/^the packages of local_image can't be fetched: .*127\.0\.0\.1/),
    });
  });

  test('no apt', async () => {
    const path = join(lab.stateDir, 'path');
    await mkdir(path);
    await symlink(execFileSync('which', ['setpriv'], { encoding: 'utf8' }).trim(), join(path, 'setpriv'));
    await expect(withEnvironment({ PATH: path }, () => build('sl'))).rejects.toMatchObject({
      message: 'local_image.packages needs apt-get (Debian or Ubuntu), which this machine has not',
    });
  });
});

test.each(['debs', 'upper'])('a build that is ended when it has made "%s" leaves nothing', async (sight) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'rolecall-ended-'));
  const images = imageBuilder({ stateDir, installation: installation(), kind: 'complete' });
  const folder = join(stateDir, 'images-complete');
  const seen = () =>
    existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, sight)));
  const build = images.build({ id: IMAGE, packages: ['memcached'] });
  const refused = expect(build).rejects.toThrow('the local cloud ended before its image was made');
  for (const deadline = Date.now() + 20_000; !seen() && Date.now() < deadline; ) await setTimeout(5);
  images.close?.();
  await refused;
  expect(readdirSync(folder)).toEqual([]);
  await rm(stateDir, { recursive: true });
});
