import { sandboxDriver } from './box/driver.ts';
import type { BoxDriver, ImageBuilder } from './box.ts';
import type { Clock } from './clock.ts';
import { imageBuilder } from './image/builder.ts';
import type { Installation } from './installation.ts';
import { machineMetadata } from './metadata/machine.ts';
import { METADATA_ADDRESS } from './metadata/service.ts';
import { type OutwardProxy, outwardProxy, PROXY_ADDRESS } from './outward/proxy.ts';

/**
 * The real boxes of a cloud and the images that they boot from, put together.
 * @param folder the local cloud's folder: images are kept there, and boxes don't see it
 * @param proxy the way to the outside, for machines that have one
 * @throws CloudError when this host can't make boxes
 */
export async function sandboxes(
  folder: string,
  clock: Clock,
  installation: Installation,
  proxy: OutwardProxy = outwardProxy(),
): Promise<{ readonly driver: BoxDriver; readonly images: ImageBuilder }> {
  const driver = await sandboxDriver({
    stateDir: folder,
    packageFolder: installation.packageFolder,
    images: (id) => images.layers(id),
    listeners: (spec) => [
      { ...METADATA_ADDRESS, handler: machineMetadata(spec, clock) },
      ...(spec.services.s3 === undefined ? [] : [{ address: '127.0.0.1', ...spec.services.s3 }]),
      ...(spec.services.network === true ? [{ ...PROXY_ADDRESS, ...proxy }] : []),
    ],
  });
  const kind = driver.kind === 'limited' ? 'limited' : 'complete';
  const images = imageBuilder({ stateDir: folder, installation, kind });
  return { driver, images };
}
