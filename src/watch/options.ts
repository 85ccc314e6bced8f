import type { Bucket, Ec2 } from '../aws/ports.ts';
import type { Clock } from '../clock.ts';
import type { LaunchId, Machine, Nonce } from '../model.ts';
import type { BootBudget } from './budget.ts';

/** What is known of the launch's requests; while they are still being sent it changes. */
export interface Sent {
  /** Machines that RunInstances has answered with: EC2 may not describe them yet. */
  readonly machines: readonly Machine[];
  /** How many machines there are, where that is known: the wait for late ones to appear depends on it. */
  readonly launched?: number;
  /**
   * How many machines there will be in the end, where that is known: the first of a thousand is not looked at as often as one
   * that is alone.
   */
  readonly toCome?: number;
  /** No more requests will be sent. */
  readonly done: boolean;
  /**
   * Follow these machines only, and none that merely carries the launch's tag: a launch that is run again has replaced
   * those that ended.
   */
  readonly only?: boolean;
}

/** As much of a bucket as beacons and boot logs need; one that doesn't wait trouble out. */
export type BeaconStore = Pick<Bucket, 'list' | 'readText' | 'read'>;

export interface WatchOptions {
  readonly ec2: Pick<Ec2, 'machinesOfLaunch' | 'statusChecks' | 'consoleOutput' | 'userData' | 'tag'>;
  readonly clock: Clock;
  readonly launch: LaunchId;
  /** Asked at every tick, so that watching may begin before the last request is sent. */
  readonly sent: () => Sent;
  /** The launch's nonce, where this process made the launch; without it, it is recovered from the user data. */
  readonly nonce?: Nonce;
  /**
   * Where the launch's machines send beacons, if they do. Patterns judge consoles, so beside them beacons are not
   * looked at.
   */
  readonly beacons?: BeaconStore | undefined;
  /** From running to the verdict, milliseconds. */
  readonly timeoutMs: number;
  /** From launch to running, milliseconds; 5 minutes by default. */
  readonly neverRunningMs?: number;
  /** How long machines may take to appear in EC2's answers, milliseconds; 30 s by default. */
  readonly visibleMs?: number;
  /** The pause between two looks, milliseconds, with few machines and no throttling; 500 by default. */
  readonly tickMs?: number;
  /** How long AWS may be out of reach before the watch ends with that error, milliseconds; 2 minutes by default. */
  readonly unreachableMs?: number;
  /** The catalogue's patterns (regular expressions in RE2's syntax), applied to each console line. */
  readonly patterns?: { readonly success?: string; readonly failure?: string };
  /**
   * Tell the steps also of machines that only a beacon tells of: a request to S3 for each. Otherwise those of a large launch
   * that succeed have none.
   */
  readonly everyStep?: boolean;
  /** Held against each success. */
  readonly budget?: BootBudget | undefined;
  /** Hides known secrets in what machines print. */
  readonly mask?: ((text: string) => string) | undefined;
  /** Ends the iteration at once, without an error. */
  readonly signal?: AbortSignal;
}
