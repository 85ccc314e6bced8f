import { join } from 'node:path';
import type { ImageBuilder } from '../box.ts';
import type { Installation } from '../installation.ts';
import { filesHash, imageFiles, writeFiles } from './files.ts';
import { cachedLayer } from './layer.ts';
import { makePackages, packagesHash } from './packages.ts';

/** What images are made with. */
export interface ImageOptions {
  /** rolecall's state folder (absolute); images are kept below its `images-complete` or `images-limited`. */
  readonly stateDir: string;
  readonly installation: Installation;
  /** The kind of boxes that will boot them: packages are installed for complete ones, unpacked for limited ones. */
  readonly kind: 'complete' | 'limited';
}

/** Builds images and knows which layers each has. */
export interface LayeredImageBuilder extends ImageBuilder {
  /** The layers of an image that was built, topmost first; undefined for an unknown id. */
  layers(id: string): readonly string[] | undefined;
}

/**
 * Images of real boxes: layers over the host's root, which itself is never copied. One layer holds the packages, one
 * the overlay folder and rolecall's own bootstrapper; each is kept by the hash of all that it was made from.
 */
export function imageBuilder(options: ImageOptions): LayeredImageBuilder {
  const { installation } = options;
  const known = new Map<string, readonly string[]>();
  const ending = new AbortController();
  // Apart, because the state folder of a user may serve a cloud of root too, by sudo.
  const imagesDir = join(options.stateDir, `images-${options.kind}`);
  return {
    layers: (id) => known.get(id),
    close: () => ending.abort(),
    build: async ({ id, overlay, packages }) => {
      const files = await imageFiles(installation.bootstrapper, overlay);
      const layers: string[] = [];
      let built = false;
      if (packages.length > 0) {
        const plan = { ...options, packageFolder: installation.packageFolder, packages };
        const layer = await cachedLayer(imagesDir, `packages-${short(await packagesHash(plan))}`, (folder) =>
          makePackages(plan, folder, ending.signal),
        );
        layers.push(layer.root);
        built = layer.built;
      }
      // Folders take mode and owner from what lies below, so that belongs to the name.
      const name = `files-${short(await filesHash(files, layers))}`;
      const layer = await cachedLayer(imagesDir, name, (folder) =>
        writeFiles(files, join(folder, 'root'), [...layers, '/']),
      );
      layers.unshift(layer.root);
      known.set(id, layers);
      return { root: layer.root, built: built || layer.built };
    },
  };
}

const short = (hash: string): string => hash.slice(0, 32);
