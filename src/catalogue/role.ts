import type { Source } from '../document/located.ts';
import type { BuildAccess, PathName } from '../nouns.ts';

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
  readonly instanceType: string;
  readonly subnet?: string;
  readonly zone?: string;
  readonly securityGroups: readonly string[];
  /** Name or ARN. */
  readonly instanceProfile?: string;
  readonly keyName?: string;
  readonly blockDevices: readonly BlockDevice[];
  /** The user's own tags; rolecall's are added at launch. */
  readonly tags: Readonly<Record<string, string>>;
  readonly httpTokens: 'required' | 'optional';
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly spot: false | { readonly maxPrice?: string };
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
  /** Key prefix in the bucket: empty, or ending in a slash. */
  readonly prefix: string;
  /** What the role deploys. */
  readonly app?: PathName;
  /** How its machines get at the build. */
  readonly fetch: BuildAccess;
  /** How many builds a machine keeps; absent: the bootstrapper's default. */
  readonly keep?: number;
  readonly machine: MachineSettings;
  /** The user's own personality keys. */
  readonly personality: Readonly<Record<string, string>>;
  /** How long a machine may take from running to its verdict, milliseconds. */
  readonly timeoutMs: number;
  /** Console patterns of an AMI whose bootstrapper is its own (JavaScript regular expressions). */
  readonly patterns: { readonly success?: string; readonly failure?: string };
  /** Hex SHA-256 of the catalogue file's bytes. */
  readonly catalogueSha256: string;
  /** Who set each value, by its path in catalogue terms: `instance_type`, `personality.cache_mb`, `ami`. */
  readonly provenance: ReadonlyMap<string, Source>;
}
