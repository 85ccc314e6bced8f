import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { InstanceId, LaunchId, Machine } from '../nouns.ts';

/** What a machine's console held when it was asked for. */
export interface ConsoleSnapshot {
  /** Decoded bytes, at most 64 KB, lossily read as UTF-8. Empty where EC2 has nothing yet. */
  readonly text: string;
  /** When EC2 took it, epoch milliseconds; absent where EC2 gives none. */
  readonly takenAt?: number;
}

/** The health checks of EC2 on one machine: impaired tells a machine that will never boot. */
export interface StatusChecks {
  readonly instanceId: InstanceId;
  readonly impaired: boolean;
}

/**
 * The EC2 operations that rolecall uses, and nothing more of the SDK.
 * Every method throws `AwsError` with the AWS code, classified by `aws/classify.ts`.
 */
export interface Ec2 {
  /** @returns the machines of this call; EC2 answers a repeated ClientToken with the same ones. */
  runInstances(request: RunInstancesCommandInput): Promise<Machine[]>;
  /** All machines that carry the tag `rolecall:launch` with this id, terminated ones too while EC2 knows them. */
  machinesOfLaunch(launch: LaunchId): Promise<Machine[]>;
  /** The machines that a RunInstances call with this ClientToken made. */
  machinesOfToken(clientToken: string): Promise<Machine[]>;
  machine(id: InstanceId): Promise<Machine | undefined>;
  statusChecks(ids: readonly InstanceId[]): Promise<StatusChecks[]>;
  /**
   * `latest` asks at any time but only Nitro types answer (undefined: this type can't); `posted` is the buffer that
   * EC2 posts some minutes after a start or stop.
   */
  consoleOutput(id: InstanceId, mode: 'latest' | 'posted'): Promise<ConsoleSnapshot | undefined>;
  /** The user data that the machine was launched with, decoded; undefined where it has none. */
  userData(id: InstanceId): Promise<string | undefined>;
  /** Sets tags on machines (and is idempotent). */
  tag(ids: readonly InstanceId[], tags: Readonly<Record<string, string>>): Promise<void>;
}

/** Where the AWS clients connect: absent parts come from the SDK's standard chain. */
export interface AwsTarget {
  readonly region: string;
  readonly profile?: string;
  /** Set for the local cloud only. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}
