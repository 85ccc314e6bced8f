import type { BuildAccess, PathName } from '../model.ts';
import type { Mark, Source } from '../yaml/located.ts';

/** From running to the verdict, milliseconds, where nobody says. */
export const DEFAULT_TIMEOUT_MS = 600_000;

/** One EBS volume of a role's machines. */
export interface BlockDevice {
  readonly device: string;
  readonly sizeGb?: number;
  readonly type?: string;
  readonly iops?: number;
  /** MiB a second. */
  readonly throughput?: number;
  readonly encrypted?: boolean;
  readonly deleteOnTermination?: boolean;
  readonly snapshot?: string;
}

/** What a role's machines are made of: the part of a Role that RunInstances needs. */
export interface MachineSettings {
  /** In the order in which they are tried. */
  readonly instanceTypes: readonly [string, ...string[]];
  /** Machines are spread over several; with none EC2 chooses. */
  readonly subnets: readonly string[];
  /** The same; several subnets and several zones exclude each other. */
  readonly zones: readonly string[];
  readonly securityGroups: readonly string[];
  /** Name or ARN. */
  readonly instanceProfile?: string;
  readonly keyName?: string;
  readonly blockDevices: readonly BlockDevice[];
  /** The user's own tags; rolecall's are added at launch. */
  readonly tags: Readonly<Record<string, string>>;
  readonly httpTokens: 'required' | 'optional';
  /** Hops that an answer of the metadata service may go; 1 keeps it on the machine itself. */
  readonly metadataHopLimit: number;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly spot:
    | false
    | {
        readonly maxPrice?: string;
        /** On-demand machines are taken where no offering has spot capacity. */
        readonly orOnDemand: boolean;
      };
}

/** A module in a role's list, and where it stands there. */
export interface ModuleUse {
  readonly name: string;
  readonly at: Mark;
}

/** The value of a module's variable, or where it is found. */
export type VariableValue = { readonly at: Mark } & (
  | { readonly from: 'catalogue'; readonly text: string; readonly type: 'text' | 'number' | 'flag' }
  | { readonly from: 'env'; readonly name: string }
  /** Relative to the catalogue's folder, or absolute. */
  | { readonly from: 'file'; readonly path: string }
);

/** A file or folder of this machine, and where the catalogue names it. */
export interface NamedPath {
  /** Relative to the catalogue's folder, or absolute. */
  readonly path: string;
  readonly at: Mark;
}

/** What a start-up bundle is made of, and how machines get at it. */
export interface BundleSettings {
  /** At least one, in the order in which they are started. */
  readonly modules: readonly ModuleUse[];
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** By paths below the bundle's `files/`. */
  readonly files: Readonly<Record<string, NamedPath>>;
  readonly compression: 'gzip' | 'zstd';
  readonly access: 'presigned' | 'public';
  /** How long the URL is good for. */
  readonly expiresMs: number;
}

/** A role of the catalogue, resolved for one environment and context. */
export interface Role {
  readonly catalogue: PathName;
  readonly role: PathName;
  readonly environment: PathName;
  readonly context: PathName;
  readonly description?: string;
  readonly region: string;
  readonly ami: string;
  readonly bucket?: string;
  /** AWS account that must own the bucket. */
  readonly bucketOwner?: string;
  /** Key prefix in the bucket: empty, or ending in a slash. */
  readonly prefix: string;
  /** Its machines send beacons to the bucket. */
  readonly beacons: boolean;
  /** What the role deploys. */
  readonly app?: PathName;
  /** How its machines get at the build. */
  readonly fetch: BuildAccess;
  /** How many builds a machine keeps; absent: the bootstrapper's default. */
  readonly keep?: number;
  /** What its machines run in place of the AMI's bootstrapper; absent for a role without modules. */
  readonly bundle?: BundleSettings;
  readonly machine: MachineSettings;
  /** The user's own personality keys. */
  readonly personality: Readonly<Record<string, string>>;
  /** How long a machine may take from running to its verdict, milliseconds. */
  readonly timeoutMs: number;
  /** How long a boot should take at most, from EC2's launch time to the verdict, milliseconds; absent: any time. */
  readonly bootBudgetMs?: number;
  /** Console patterns of an AMI whose bootstrapper is its own (regular expressions in RE2's syntax). */
  readonly patterns: { readonly success?: string; readonly failure?: string };
  /** Hex SHA-256 of the catalogue file's bytes. */
  readonly catalogueSha256: string;
  /** Who set each value, by its path in catalogue terms: `instance_type`, `personality.cache_mb`, `ami`. */
  readonly provenance: ReadonlyMap<string, Source>;
}

/** What tells one fleet from another within a region. */
export type FleetName = Pick<Role, 'catalogue' | 'role' | 'environment' | 'context'>;
