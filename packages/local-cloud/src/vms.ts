import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import type { BoxListener } from './box/listeners.ts';
import type { BoxDriver, BoxSpec, ImageBuilder } from './box.ts';
import type { Clock } from './clock.ts';
import type { Installation } from './installation.ts';
import { machineMetadata } from './metadata/machine.ts';
import { METADATA_ADDRESS } from './metadata/service.ts';
import { type OutwardProxy, outwardProxy } from './outward/proxy.ts';
import { acceleration } from './vm/acceleration.ts';
import { vmBudget, vmSize } from './vm/budget.ts';
import { macOf } from './vm/command.ts';
import { VM_PROXY_ADDRESS, VM_S3_ADDRESS, vmDriver } from './vm/driver.ts';
import { requireVmPrograms } from './vm/programs.ts';
import { vmImageBuilder } from './vm-image/builder.ts';
import { imageRelease } from './vm-image/host.ts';

/**
 * The virtual machines of a cloud and the images that they boot from, put together.
 * @param folder the local cloud's folder, absolute: images and disks are kept there
 * @param proxy the way to the outside, for machines that have one
 * @throws CloudError when this computer can't run them
 */
export async function virtualMachines(
  folder: string,
  clock: Clock,
  installation: Installation,
  proxy: OutwardProxy = outwardProxy(),
): Promise<{ readonly driver: BoxDriver; readonly images: ImageBuilder }> {
  requireVmPrograms();
  const size = vmSize(process.env);
  const release = imageRelease(process.env);
  const how = await acceleration(process.env['ROLECALL_VM_ACCEL'], folder);
  const budget = vmBudget(size, how, await availableMib(), availableParallelism());
  const images = vmImageBuilder({ stateDir: folder, installation, release });
  const listeners = (spec: BoxSpec): readonly BoxListener[] => [
    { ...METADATA_ADDRESS, handler: machineMetadata(spec, clock, macOf(spec.instanceId)) },
    ...(spec.services.s3 === undefined ? [] : [{ ...VM_S3_ADDRESS, handler: spec.services.s3.handler }]),
    ...(spec.services.network === true ? [{ ...VM_PROXY_ADDRESS, ...proxy }] : []),
  ];
  const driver = vmDriver({
    stateDir: folder,
    acceleration: how,
    size,
    budget,
    images: (id) => images.folder(id),
    listeners,
    clock,
  });
  return { driver, images };
}

/** Memory that can be used without swapping, in MiB. */
async function availableMib(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const [, kib] = /^MemAvailable:\s+(\d+) kB$/m.exec(text) ?? [];
  return Math.floor(kib === undefined ? freemem() / 1024 ** 2 : Number(kib) / 1024);
}
