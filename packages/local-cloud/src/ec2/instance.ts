import { type Faults, strikes } from '../faults.ts';
import { ConsoleLog } from './console-log.ts';
import { born, type Life } from './lifecycle.ts';

/** What a RunInstances request says of each of its machines. */
export interface Asked {
  readonly securityGroups: readonly string[];
  readonly keyName: string | undefined;
  /** An ARN or a name. */
  readonly instanceProfile: string | undefined;
  readonly userData: Buffer | undefined;
  readonly shutdownBehaviour: 'stop' | 'terminate';
  readonly metadata: MetadataOptions;
  readonly spot: boolean;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
}

/** What a machine was launched with; never changes. */
export interface InstanceSpec extends Asked {
  readonly id: string;
  readonly reservationId: string;
  readonly clientToken: string | undefined;
  readonly region: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly launchIndex: number;
  /** How many machines the cloud had launched before it. */
  readonly ordinal: number;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly privateIp: string;
  readonly volumes: readonly Volume[];
}

export interface MetadataOptions {
  readonly httpTokens: 'required' | 'optional';
  readonly hopLimit: number;
  readonly tagsInMetadata: boolean;
}

/** A volume of a machine; only its description exists. */
export interface Volume {
  readonly id: string;
  readonly deviceName: string;
  readonly deleteOnTermination: boolean;
}

/** What GetConsoleOutput shows without `Latest`. */
export interface PostedConsole {
  readonly bytes: Buffer;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** One machine of the local cloud, now. */
export interface Instance {
  readonly spec: InstanceSpec;
  readonly console: ConsoleLog;
  life: Life;
  /** Tags of the instance itself. */
  tags: Readonly<Record<string, string>>;
  posted: PostedConsole | undefined;
  /** When it was launched, or started last; epoch milliseconds. EC2's LaunchTime. */
  startedAt: number;
  /** The init process of its box as the host sees it, while there is one. */
  pid: number | undefined;
}

/** A machine that was just accepted. */
export function newInstance(
  spec: InstanceSpec,
  tags: Readonly<Record<string, string>>,
  faults: Faults,
): Instance {
  const fault = strikes(faults, 'console', spec) ? faults.console : undefined;
  const { everyBytes, dropBytes } = fault ?? {};
  const tear = everyBytes !== undefined && dropBytes !== undefined ? { everyBytes, dropBytes } : undefined;
  const console = new ConsoleLog(fault?.empty ? { everyBytes: 0, dropBytes: 1 } : tear);
  return {
    spec,
    console,
    life: born(spec.launchedAt),
    tags,
    posted: undefined,
    startedAt: spec.launchedAt,
    pid: undefined,
  };
}
