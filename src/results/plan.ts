import type { Build, BuildAccess } from '../model.ts';
import type { BootPlan } from '../schemes/boot-plan.ts';
import type { InitLookup } from '../schemes/personality/init-script.ts';
import type { PlannedBundle } from '../schemes/start-up-bundle/plan.ts';
import type { Setting } from './settings.ts';

/** All that a launch would do, with nothing done. Holds no secret: the payload's text is redacted already. */
export interface Plan {
  readonly launch: string;
  /** The catalogue file, as the user would name it. */
  readonly catalogueFile: string;
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly description?: string | undefined;
  readonly region: string;
  readonly ami: string;
  readonly count: number;
  /** One RunInstances call each, in order. */
  readonly batches: readonly {
    readonly batch: number;
    readonly count: number;
    readonly clientToken?: string;
  }[];
  readonly settings: readonly Setting[];
  readonly payload: {
    readonly bytes: number;
    /** Bytes that EC2 takes at most. */
    readonly limit: number;
    /** Stand-ins signed it, so that a launch's may have another size. */
    readonly estimated: boolean;
    /** Redacted. */
    readonly text: string;
  };
  /** Absent for a role that deploys no app. */
  readonly build?: PlannedBuild | undefined;
  /** Which init script the box will run; absent for a role with modules. */
  readonly init?: InitLookup;
  /** What the box will start from; absent for a role without modules. */
  readonly bundle?: PlannedBundle;
  /** The same as text. */
  readonly boot: BootPlan;
  readonly notes: readonly string[];
}

/** What the machines will deploy. */
export interface PlannedBuild {
  readonly build: Build;
  readonly access: BuildAccess;
  /** `at` in epoch milliseconds. */
  readonly promoted?: { readonly at: number; readonly by: string };
}
