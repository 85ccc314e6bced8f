import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ImageBuilder } from '../box.ts';
import { downloadPackages } from '../image/apt.ts';
import { filesHash, imageFiles, UNIT, writeFiles } from '../image/files.ts';
import { cachedLayer, type Layer } from '../image/layer.ts';
import type { Bootstrapper, Installation } from '../installation.ts';
import { baseFault, diskFault, packagesFault } from './faults.ts';
import { hasTool, hostRecipe, missingTools } from './host.ts';
import { runInNamespace } from './namespace.ts';
import { type BaseRecipe, baseName, basePackages, deriveHash, named, packagesName } from './recipe.ts';

/** What images of virtual machines are made with. */
export interface VmImageOptions {
  /** rolecall's state folder (absolute); images are kept below its `images-vm`, packages below `apt-vm`. */
  readonly stateDir: string;
  readonly installation: Installation;
  /** Code name of the Debian release. */
  readonly release: string;
}

/** Builds images of virtual machines, and knows where each lies. */
export interface VmImageBuilder extends ImageBuilder {
  /** The folder with disk.img, vmlinuz and initrd.img of an image that was built; undefined for an unknown id. */
  folder(id: string): string | undefined;
}

/**
 * Images of virtual machines, in three layers, each kept by the hash of all that it was made from: the base (Debian, kernel,
 * cloud-init), the base with packages, and the disk with the overlay on it. So a change of the overlay costs seconds.
 */
export function vmImageBuilder(options: VmImageOptions): VmImageBuilder {
  const known = new Map<string, string>();
  const ending = new AbortController();
  const workshop = new Workshop(options, ending.signal);
  return {
    folder: (id) => known.get(id),
    close: () => ending.abort(),
    build: async ({ id, overlay, packages }) => {
      const missing = missingTools(hasTool, isRoot());
      if (missing !== undefined) throw missing;
      const recipe = await hostRecipe(options.release);
      const base = await workshop.base(recipe);
      const below = packages.length === 0 ? base : await workshop.packages(base, packages);
      const disk = await workshop.disk(base, below, overlay);
      known.set(id, disk.root);
      return { root: disk.root, built: base.built || below.built || disk.built };
    },
  };
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** A disk takes hundreds of MB, and each change of an overlay makes one. */
const DISKS = { prefix: 'image-', newest: 4 } as const;

/** Makes the layers. */
class Workshop {
  readonly #images: string;
  readonly #apt: string;
  /** The folder of the scripts. */
  readonly #here: string;
  readonly #bootstrapper: Bootstrapper;
  readonly #signal: AbortSignal;
  /** Names of the disks that this cloud's machines were booted from. */
  readonly #inUse = new Set<string>();

  constructor({ stateDir, installation }: VmImageOptions, signal: AbortSignal) {
    this.#images = join(stateDir, 'images-vm');
    this.#apt = join(stateDir, 'apt-vm');
    this.#here = join(installation.packageFolder, 'src/vm-image');
    this.#bootstrapper = installation.bootstrapper;
    this.#signal = signal;
  }

  /** root.tar, vmlinuz, initrd.img, dpkg-status, and apt/ with the sources. */
  base(recipe: BaseRecipe): Promise<Layer> {
    return cachedLayer(this.#images, baseName(recipe, this.#here), async (building) => {
      const root = await rootIn(building);
      await mkdir(this.#apt, { recursive: true });
      const sources: string[] = [];
      for (const [format, text] of Object.entries(recipe.sources)) {
        sources.push(join(building, `host.${format}`));
        await writeFile(join(building, `host.${format}`), text);
      }
      const packages = basePackages(recipe.architecture).join(',');
      const args = [this.#apt, recipe.release, packages, join(this.#here, 'root'), ...sources];
      const end = await runInNamespace([join(this.#here, 'base.sh'), root, ...args], this.#signal);
      if (!end.ok) throw baseFault(end.said, recipe.release, isRoot());
      for (const path of sources) await rm(path);
    });
  }

  /** root.tar, from that of the base. */
  packages(base: Layer, packages: readonly string[]): Promise<Layer> {
    return cachedLayer(this.#images, packagesName(nameOf(base), packages, this.#here), async (building) => {
      const root = await rootIn(building);
      const debs = join(building, 'debs');
      // The base's own sources: the host's may be of another release.
      const settings = [
        `Dir::State::status=${join(base.root, 'dpkg-status')}`,
        `Dir::Etc::sourcelist=${join(base.root, 'apt/sources.list')}`,
        `Dir::Etc::sourceparts=${join(base.root, 'apt/sources.list.d')}/`,
      ];
      const plan = { packages, aptDir: this.#apt, settings, keep: true };
      if ((await downloadPackages(plan, debs, this.#signal)).length === 0)
        return await link(join(base.root, 'root.tar'), join(root, 'root.tar'));
      const end = await this.#derive('packages', root, base, debs);
      if (!end.ok) throw packagesFault(end.said, packages, isRoot());
      await rm(debs, { recursive: true });
    });
  }

  /** disk.img, vmlinuz and initrd.img. */
  async disk(base: Layer, below: Layer, overlay: string | undefined): Promise<Layer> {
    const files = await imageFiles(this.#bootstrapper, overlay, 'unit');
    const name = named('image', await filesHash(files, [nameOf(below), deriveHash(this.#here)]));
    const make = async (building: string) => {
      const root = await rootIn(building);
      await writeFiles(files, join(building, 'files'), []);
      // A unit of the overlay's own is enabled by links that the overlay brings.
      const units = files.some(({ target }) => target === UNIT) ? [basename(UNIT)] : [];
      const end = await this.#derive('disk', root, below, join(building, 'files'), units);
      if (!end.ok) throw diskFault(end.said, isRoot());
      await rm(join(building, 'files'), { recursive: true });
      for (const file of ['vmlinuz', 'initrd.img']) await link(join(base.root, file), join(root, file));
    };
    this.#inUse.add(name);
    return await cachedLayer(this.#images, name, make, { ...DISKS, inUse: this.#inUse });
  }

  #derive(
    what: 'packages' | 'disk',
    root: string,
    below: Layer,
    from: string,
    units: readonly string[] = [],
  ) {
    const args = [what, root, join(below.root, 'root.tar'), from, ...units];
    return runInNamespace([join(this.#here, 'derive.sh'), ...args], this.#signal);
  }
}

const nameOf = ({ root }: Layer): string => basename(dirname(root));

async function rootIn(building: string): Promise<string> {
  const root = join(building, 'root');
  await mkdir(root);
  return root;
}
