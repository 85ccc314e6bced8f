import type { Ec2 } from '../aws/ports.ts';
import type { Role } from '../catalogue/role.ts';
import type { Clock } from '../clock.ts';
import type { Build, LaunchId } from '../model.ts';
import type { Payload } from '../schemes/payload.ts';
import type { BatchRecord } from './book.ts';
import type { LaunchEvent } from './events.ts';
import type { LaunchRecords } from './records.ts';

/** A sealed bundle, as a launch remembers it. Hex SHA-256: of the sealed file, and of the tar inside. */
export interface LaunchedBundle {
  readonly sha256: string;
  readonly tarSha256: string;
}

/** What is to be launched. */
export interface LaunchPlan {
  readonly launch: LaunchId;
  readonly role: Role;
  /** The role's settings as people read them, by their names in the catalogue; secrets are not shown. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the role's settings. */
  readonly settingsHash: string;
  /** What its machines deploy; absent where the role has no app. */
  readonly build?: Build | undefined;
  /** What its machines start from; absent where the role has no modules. */
  readonly bundle?: LaunchedBundle | undefined;
  /**
   * What the machines of a batch get, made when the batch is. With this process's nonce; a resumed launch's earlier machines
   * have another (their userData attribute tells).
   */
  readonly payload: (batch: number) => Promise<Payload>;
  /** Machines in all, at least 1; of a fleet's launch the size that the fleet is to have. */
  readonly count: number;
  /** A machine over the role's boot budget has failed. */
  readonly strictBudget?: boolean;
  /**
   * The id was made this moment, so nothing can be of that launch yet, and EC2 need not be asked. A given id or a CI
   * run's may have machines though no record of them is here: a CI runner's disk is new for each attempt.
   */
  readonly isNew?: boolean;
  /** A launch of this id may have been begun with another count: it keeps whatever size its fleet has. */
  readonly anyCount?: boolean;
  /** A launch that was begun with another catalogue, build or bundle goes on all the same. */
  readonly acceptChanges?: boolean;
}

/** Where a batch is noted while it is open. */
export interface Ledger {
  /** @throws ConflictError where this process may send nothing any more */
  enter(launch: LaunchId, batch: BatchRecord): Promise<void>;
  leave(launch: LaunchId, batch: number): Promise<void>;
}

/** What a launch needs from outside. */
export interface LaunchTools {
  readonly ec2: Ec2;
  readonly records: LaunchRecords;
  readonly clock: Clock;
  /** No new batch is sent after it aborts. */
  readonly signal?: AbortSignal;
  /** Told of each batch before it is sent, and after its answer is recorded: where others must be able to settle it. */
  readonly ledger?: Ledger;
  /** Machines in one RunInstances call at most; 100 unless a test says otherwise. */
  readonly maxBatch?: number;
}

/** A launch under way: what is to be launched, and what that needs. */
export interface LaunchRun extends LaunchTools {
  readonly plan: LaunchPlan;
}

/** What a launch tells while it is under way, and in the end. */
export type LaunchStream<T = void> = AsyncGenerator<LaunchEvent, T>;
