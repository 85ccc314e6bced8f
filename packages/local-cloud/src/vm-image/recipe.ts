import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFiles } from './sources.ts';

/** What the base of all images is made from. */
export interface BaseRecipe {
  /** Name of the Debian release: `trixie`. */
  readonly release: string;
  /** Debian's name of the processor: `amd64`. */
  readonly architecture: string;
  /** Where packages come from; neither format: mmdebstrap's own mirror. */
  readonly sources: SourceFiles;
}

/** Debian's names of the processors that images can be made for, by Node's (process.arch). */
export const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The packages of the base; recommended ones aren't installed. */
export const basePackages = (architecture: string): readonly string[] => [
  ...[
    'systemd-sysv',
    'udev',
    'dbus',
    // cloud-init grows the root by it.
    'e2fsprogs',
    `linux-image-cloud-${architecture}`,
    'initramfs-tools',
    'busybox-static',
    'cpio',
  ],
  // As Debian's own images for EC2.
  ...['cloud-init', 'ifupdown', 'isc-dhcp-client', 'iproute2', 'netbase', 'openssh-server', 'sudo'],
  // What rolecall's programs on the machine need: docs/ami.md.
  ...['ca-certificates', 'curl', 'openssl', 'procps'],
];

/**
 * Returns the name of the layer that a recipe makes; it changes with whatever the base is made from or by.
 * @param here the folder of base.sh
 */
export function baseName(recipe: BaseRecipe, here: string): string {
  const hash = createHash('sha256').update(JSON.stringify([recipe, basePackages(recipe.architecture)]));
  for (const path of ['base.sh', 'root.sh', ...filesBelow(here, 'root')])
    hash.update(`\0${path}\0`).update(readFileSync(join(here, path)));
  return named('base', hash.digest('hex'));
}

/** Returns the name of the layer of packages over a base. @param base its name */
export function packagesName(base: string, packages: readonly string[], here: string): string {
  const from = JSON.stringify([base, [...packages].sort(), deriveHash(here)]);
  return named('packages', createHash('sha256').update(from).digest('hex'));
}

/** SHA-256 (hex) over what makes packages and disks from a base. */
export function deriveHash(here: string): string {
  const hash = createHash('sha256');
  for (const path of ['derive.sh', 'root.sh']) hash.update(readFileSync(join(here, path)));
  return hash.digest('hex');
}

/** `image-0f...`: of a SHA-256, as much as tells layers apart. */
export const named = (kind: 'base' | 'packages' | 'image', hash: string): string =>
  `${kind}-${hash.slice(0, 32)}`;

const filesBelow = (here: string, folder: string): readonly string[] =>
  readdirSync(join(here, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(here.length + 1))
    .sort();
