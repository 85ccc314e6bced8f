import type { PathName } from '../model.ts';
import { DocumentError, type Fault } from '../yaml/faults.ts';
import type { LocatedMap } from '../yaml/located.ts';

/** A catalogue without faults: what commands want to know of it at once, and the layers that resolveRole merges. */
export interface Catalogue {
  readonly name: PathName;
  /** Absolute where it was read from a file. */
  readonly path: string;
  /** How messages call the file: `roles.yaml`. */
  readonly label: string;
  /** Hex SHA-256 of the file's bytes. */
  readonly sha256: string;
  readonly region?: string;
  /** In the order they are written, as are the next two. */
  readonly environments: readonly PathName[];
  readonly contexts: readonly PathName[];
  readonly roles: readonly RoleSummary[];
  readonly bucket?: string;
  /** AWS account that must own the bucket. */
  readonly bucketOwner?: string;
  /** Key prefix in the bucket: empty, or ending in a slash. */
  readonly prefix: string;
  /** Machines send beacons to the bucket: there is one, and nobody has switched them off. */
  readonly beacons: boolean;
  /** In the order they are written. */
  readonly apps: readonly AppSettings[];
  /** Folder of its own modules, absolute or relative to the catalogue's folder. */
  readonly modulesFolder: string;
  readonly localImage?: LocalImage;
  /** The whole, with places; its shapes have been checked. */
  readonly root: LocatedMap;
  /** The file's lines as faults may show them: without secrets. */
  readonly lines: readonly string[];
}

/** A catalogue that can't be used; the message holds every fault with its line and a caret. Exit 2. */
export class CatalogueError extends DocumentError {
  constructor(faults: readonly Fault[]) {
    super('the catalogue', faults, 'mend the catalogue, then check it with: rolecall validate');
  }
}

/** A role as lists and the picker show it. */
interface RoleSummary {
  readonly name: PathName;
  readonly description?: string;
}

/** How the builds of an app are made. */
export interface AppSettings {
  readonly name: PathName;
  /** As written: relative to the catalogue's folder, or absolute; absent: the catalogue's folder. */
  readonly repository?: string;
  /** Folder that becomes the build: of the repository, or of what the command leaves. */
  readonly path?: string;
  /** For bash, in a clean export of the commit. */
  readonly command?: string;
  readonly compression: 'gzip' | 'zstd';
}

/** What the local cloud lays over the host's root to make the AMI. */
export interface LocalImage {
  /** As written: relative to the catalogue's folder, or absolute. */
  readonly overlay?: string;
  readonly packages: readonly string[];
  /** Whether local machines reach the outside. */
  readonly network: boolean;
}

/** A role with where it can be launched. */
interface RoleListing extends RoleSummary {
  readonly environments: readonly PathName[];
  readonly contexts: readonly PathName[];
}

/** The roles in the order they are written. */
export const listRoles = ({ roles, environments, contexts }: Catalogue): RoleListing[] =>
  roles.map((role) => ({ ...role, environments, contexts }));
