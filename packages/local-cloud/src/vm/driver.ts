import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { boxEnvironment } from '../box/environment.ts';
import type { BoxListener } from '../box/listeners.ts';
import type { Box, BoxDriver, BoxSpec } from '../box.ts';
import type { Clock } from '../clock.ts';
import { CloudError } from '../errors.ts';
import { isAbandoned, MARK, ownMark } from '../holder.ts';
import { hostnameOf } from '../metadata/tree.ts';
import type { Acceleration } from './acceleration.ts';
import type { VmBudget, VmSize } from './budget.ts';
import { type VmPlan, vmCommand } from './command.ts';
import { type Disk, makeDisk } from './disk.ts';
import { powerOn } from './machine.ts';
import { serveMachine } from './services.ts';

/** Where a machine finds the proxy that leads outside. */
export const VM_PROXY_ADDRESS = { address: '169.254.169.252', port: 3128 } as const;
/** Where the image's relay at 127.0.0.1 finds S3. */
export const VM_S3_ADDRESS = { address: '169.254.169.253', port: 80 } as const;

/** What the driver of virtual machines needs to know of the cloud around it. */
export interface VmOptions {
  /** The local cloud's folder, absolute. */
  readonly stateDir: string;
  readonly acceleration: Acceleration;
  readonly size: VmSize;
  readonly budget: VmBudget;
  /** The folder of an AMI's disk, kernel and initial RAM disk; undefined for an unknown one. */
  readonly images: (amiId: string) => string | undefined;
  /** What a machine reaches, at addresses of its network. */
  readonly listeners: (spec: BoxSpec) => readonly BoxListener[];
  readonly clock: Clock;
}

/** The driver of virtual machines. All that it makes lies in a folder of this process's own, without names where possible. */
export function vmDriver(options: VmOptions): BoxDriver {
  const folder = ownFolder(join(options.stateDir, 'vms'));
  const disks = new Map<string, Disk>();
  let machines = 0;
  const boot = async (spec: BoxSpec, onConsole: (chunk: Buffer) => void): Promise<Box> => {
    const image = options.images(spec.amiId);
    if (image === undefined) throw new CloudError('usage', `no local image is registered as ${spec.amiId}`);
    machines += 1;
    const own = join(folder, String(machines));
    const disk =
      disks.get(spec.instanceId) ?? (await makeDisk(join(image, 'disk.img'), folder, `${machines}.qcow2`));
    disks.set(spec.instanceId, disk);
    const served = await serveMachine(own, options.listeners(spec));
    const plan: VmPlan = {
      acceleration: options.acceleration,
      ...options.size,
      kernel: join(image, 'vmlinuz'),
      initrd: join(image, 'initrd.img'),
      kernelWords: kernelWords(spec),
      instanceId: spec.instanceId,
      instanceType: spec.instanceType,
      privateIp: spec.privateIp,
      services: served.services,
    };
    const start = {
      command: vmCommand(plan, process.getuid?.() === 0),
      folder: own,
      disk: disk.fd,
      onConsole,
    };
    try {
      const box = await powerOn(start, options.clock, spec.networkLateMs);
      void box.ended.then(() => served.close());
      return box;
    } catch (error) {
      served.close();
      throw error;
    }
  };
  const forget = (instanceId: string): void => {
    void disks.get(instanceId)?.close();
    disks.delete(instanceId);
  };
  const close = (): void => {
    for (const instanceId of [...disks.keys()]) forget(instanceId);
    rmSync(folder, { recursive: true, force: true });
  };
  return { kind: 'vm', limits: [], keepsDisks: true, capacity: options.budget, boot, forget, close };
}

/** What the image's own start-up reads: S3's port, and the environment of every service. */
function kernelWords(spec: BoxSpec): readonly string[] {
  const { s3 } = spec.services;
  const environment = boxEnvironment(spec, hostnameOf(spec.privateIp), VM_PROXY_ADDRESS);
  return [
    ...(s3 === undefined ? [] : [`rolecall.s3_port=${s3.port}`]),
    ...environment.map((word) => `systemd.setenv=${word}`),
  ];
}

/** Makes a folder for this process, and removes those of killed ones. */
function ownFolder(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(parent)) {
    const [, mark] = OWN.exec(name) ?? [];
    if (mark !== undefined && isAbandoned(mark, lstatSync(join(parent, name)).mtimeMs, Date.now()))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `${ownMark()}-`));
}

const OWN = new RegExp(`^(${MARK})-\\w{6}$`);
