import type { AwsError } from '../errors.ts';
import type { LaunchId, Machine } from '../model.ts';
import type { Offering } from './offerings.ts';

/** What the launch stage tells, as it happens; `at` is epoch milliseconds. */
export type LaunchEvent =
  | {
      readonly type: 'launch-started';
      readonly at: number;
      readonly launch: LaunchId;
      readonly requested: number;
      readonly resumed: boolean;
    }
  /** A RunInstances call is about to be sent (`repeat`: with the token of an unanswered earlier try). */
  | {
      readonly type: 'batch-requested';
      readonly at: number;
      readonly batch: number;
      readonly count: number;
      readonly repeat: boolean;
      /**
       * How long until EC2 will have been asked for all that is still missing, this batch included, milliseconds; absent
       * where nothing has to wait.
       */
      readonly etaMs?: number;
    }
  | {
      readonly type: 'batch-launched';
      readonly at: number;
      readonly batch: number;
      readonly machines: readonly Machine[];
    }
  /** There is no capacity for `missing` machines of a batch: what is asked next. */
  | {
      readonly type: 'no-capacity';
      readonly at: number;
      readonly batch: number;
      readonly missing: number;
      readonly offering: Offering;
      readonly next: Offering;
    }
  /** AWS refused the batch, or gave fewer than asked: `missing` machines will not come. */
  | {
      readonly type: 'batch-refused';
      readonly at: number;
      readonly batch: number;
      readonly missing: number;
      readonly error: AwsError;
    };
