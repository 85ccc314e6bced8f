import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box, BoxDriver, BoxSpec } from '../../../packages/local-cloud/src/box.ts';
import { vmDriver } from '../../../packages/local-cloud/src/vm/driver.ts';
import { systemClock } from '../../../src/clock.ts';
import { until } from '../../support/local-cloud.ts';
import { type TinyDeed, tinyKernel } from './tiny-kernel.ts';

/** A real QEMU with a tiny kernel, and its console. */
export interface TinyMachine extends Box {
  readonly console: () => string;
  /** Waits until the console holds this. */
  saw(text: string): Promise<unknown>;
}

/** A driver of virtual machines whose AMIs are deeds of tiny kernels. */
export interface TinyLab {
  readonly stateDir: string;
  readonly driver: BoxDriver;
  boot(deed: TinyDeed, instanceId: string, more?: Partial<BoxSpec>): Promise<TinyMachine>;
  close(): void;
}

/** Makes the image of a tiny kernel. @returns its folder */
export function tinyImage(parent: string, deed: TinyDeed): string {
  const folder = join(parent, `image-${deed}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'vmlinuz'), tinyKernel(deed));
  writeFileSync(join(folder, 'initrd.img'), 'none');
  writeFileSync(join(folder, 'disk.img'), '');
  truncateSync(join(folder, 'disk.img'), 1024 * 1024);
  return folder;
}

export function tinyLab(stateDir = mkdtempSync(join(tmpdir(), 'rolecall-tiny-'))): TinyLab {
  const driver = vmDriver({
    stateDir,
    acceleration: 'tcg',
    size: { memoryMib: 32, vcpus: 1 },
    budget: { machines: 9, sentence: 'tiny machines' },
    images: (deed) => tinyImage(stateDir, deed as TinyDeed),
    listeners: () => [{ address: '169.254.169.254', port: 80, handler: (_, response) => response.end() }],
    clock: systemClock,
  });
  const boot: TinyLab['boot'] = async (deed, instanceId, more = {}) => {
    let console = '';
    const box = await driver.boot({ ...SPEC, amiId: deed, instanceId, ...more }, (chunk) => {
      console += chunk.toString('latin1');
    });
    const saw = (text: string) => until(`the console shows ${text}`, async () => console.includes(text));
    return { ...box, console: () => console, saw };
  };
  const close = () => {
    driver.close?.();
    rmSync(stateDir, { recursive: true, force: true });
  };
  return { stateDir, driver, boot, close };
}

const SPEC: BoxSpec = {
  instanceId: '',
  amiId: '',
  amiLaunchIndex: 0,
  instanceType: 't3.micro',
  region: 'us-east-1',
  zone: 'us-east-1a',
  privateIp: '172.31.0.4',
  httpTokens: 'required',
  tags: {},
  services: {},
};
