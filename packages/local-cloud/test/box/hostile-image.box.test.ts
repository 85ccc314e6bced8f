import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { startSandbox } from '../../src/box/sandbox.ts';

/** Set-up runs as root before the box's root is its own: what an image holds must not lead its writing to the host. */
let top: string;
let layer: string;
let victim: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'rolecall-hostile-'));
  [layer, victim] = [join(top, 'layer'), join(top, 'victim')];
  mkdirSync(join(layer, 'etc'), { recursive: true });
  mkdirSync(victim);
  writeFileSync(join(victim, 'reboot'), "the host's\n");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** What set-up says: `ready`, or why not. */
async function setUp(): Promise<string> {
  const sandbox = await startSandbox({
    mode: 'complete',
    stateDir: join(top, 'state'),
    scripts: join(packageRoot(), 'packages/local-cloud/src/box'),
    layers: [layer],
    hostname: 'hostile',
    ip: '10.0.0.4',
    machine: true,
    command: ['true'],
  });
  try {
    await sandbox.ready;
    return 'ready';
  } catch (error) {
    return String(error);
  } finally {
    sandbox.kill();
    await sandbox.ended;
  }
}

const untouched = () => {
  expect(readdirSync(victim)).toEqual(['reboot']);
  expect(lstatSync(join(victim, 'reboot')).size).toBe("the host's\n".length);
};

describe('a link in an image', () => {
  test.each([
    ['an absolute one', () => victim],
    ['a relative one', () => `../../../../../../../../../../..${victim}`],
  ])('in the place of /sbin leads nothing to the host: %s', async (_what, target) => {
    symlinkSync(target(), join(layer, 'sbin'));
    expect(await setUp()).toMatch(/box set-up failed at identity/);
    untouched();
  });

  test.each(['etc/hosts', 'etc/hosts.rolecall', 'etc/machine-id', 'usr/sbin/reboot'])(
    'at %s is replaced, not followed',
    async (path) => {
      mkdirSync(join(layer, 'usr/sbin'), { recursive: true });
      symlinkSync(victim, join(layer, path));
      expect(await setUp()).toBe('ready');
      untouched();
      expect(readlinkSync(join(layer, path))).toBe(victim);
    },
  );
});
