import type { Struck } from '../struck.ts';

/** One step of a boot. */
export interface PlannedStep {
  /** As a marker names it. */
  readonly name: string;
  /** How long it takes, before jitter. */
  readonly ms: number;
}

/** How the boot of a box ends. */
export type BoxEnd =
  /** Its verdict is ok. */
  | { readonly kind: 'ok' }
  /** A step fails, its log's last lines on the console, and the verdict says so. */
  | {
      readonly kind: 'failed';
      readonly step?: string;
      readonly status?: number;
      readonly lines?: readonly string[];
    }
  /** A step begins and never ends; without one, not even the run begins. */
  | { readonly kind: 'hangs'; readonly step?: string }
  /** The machine dies in the middle of a step; without one, before the run begins. */
  | { readonly kind: 'dies'; readonly step?: string }
  /** It dies before it is running. */
  | { readonly kind: 'dies-pending' }
  /** It stays pending until somebody terminates it. */
  | { readonly kind: 'never-running' };

/** An end, and which machines it is for. */
export type PlannedOutcome = BoxEnd & Struck;

/** What simulated boxes do. */
export interface BoxPlan {
  /** From RunInstances to running. */
  readonly pendingMs?: number;
  /** From running to the first marker: the kernel, the network, the services before. */
  readonly kernelMs?: number;
  /** The steps of each boot; without them, those of the payload's scheme. */
  readonly steps?: readonly PlannedStep[];
  /** Each time varies by up to this part of itself, 0 to 1. */
  readonly jitter?: number;
  /** Machines whose beacons never arrive. */
  readonly lostBeacons?: Struck;
  /** The first that fits a machine is its end; shares count together. A machine that none fits ends well. */
  readonly outcomes?: readonly PlannedOutcome[];
}

export const DEFAULT_PENDING_MS = 2_000;
export const DEFAULT_KERNEL_MS = 4_000;
export const DEFAULT_JITTER = 0.25;
