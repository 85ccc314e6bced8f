import type { LaunchPlan, LaunchRun, LaunchTools } from '../launch/plan.ts';
import type { InstanceId, LaunchId, Machine, Outcome } from '../model.ts';
import type { FleetBook } from './book.ts';
import type { Policy } from './choose.ts';
import type { FleetStreamEvent } from './events.ts';
import type { Member, Wanted } from './members.ts';
import type { EndHow } from './record.ts';
import type { Wave } from './waves.ts';

/** How machines come and go, whatever the command. */
export interface Rules {
  readonly wave: Wave;
  /** One machine first. */
  readonly canary: boolean;
  /** More failures than these stop the roll-out. */
  readonly maxFailures: number;
  readonly onFailure: 'keep' | EndHow;
  readonly policy: Policy;
}

/** A change of a fleet. */
export interface FleetPlan {
  /** The launch that brings what is missing; its `count` is the size that the fleet is to have. */
  readonly launch: LaunchPlan;
  /** Undefined where nobody asks what is stale. */
  readonly wanted: Wanted | undefined;
  readonly rules: Rules;
}

/** What a change of a fleet needs from outside. */
export interface FleetTools extends LaunchTools {
  readonly book: FleetBook;
  /** The plan under which an open batch of another launch of this fleet is settled. */
  readonly planOf: (launch: LaunchId) => LaunchPlan;
  /** Waits for the verdicts of machines that this launch has told of. */
  readonly proofs: (ids: readonly InstanceId[]) => Promise<ReadonlyMap<InstanceId, Outcome>>;
  /** Finds out how machines of earlier launches did, whose verdicts nobody knows. */
  readonly judge: (machines: readonly Machine[]) => Promise<ReadonlyMap<InstanceId, Outcome>>;
  /** Asks whether these may be ended. */
  readonly agreed: (members: readonly Member[]) => Promise<boolean>;
}

/** A change of a fleet under way. */
export interface FleetRun extends FleetTools {
  readonly plan: FleetPlan;
}

/** What a change of a fleet tells while it is under way, and in the end. */
export type FleetStream<T = void> = AsyncGenerator<FleetStreamEvent, T>;

/** The launch that a change of a fleet runs. */
export const launchRun = (run: FleetRun): LaunchRun => ({ ...run, plan: run.plan.launch });
