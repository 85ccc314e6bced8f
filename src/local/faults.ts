/** What goes wrong in a local cloud, on purpose: how AWS fails, so that the ways of coping can be tried. */

/** Which machines of a RunInstances call a fault strikes: all, or those with these AmiLaunchIndex numbers. */
interface Struck {
  readonly launchIndexes?: readonly number[];
}

/** A zone, a type, or one type in one zone, that has room for only so many machines. */
export interface CapacityFault {
  readonly zone?: string;
  readonly instanceType?: string;
  /** Machines that can still run there at once; 0 when absent. */
  readonly available?: number;
}

/** The faults of a cloud; an empty object is a cloud that works. */
export interface Faults {
  /** `InsufficientInstanceCapacity` (HTTP 500), or fewer machines than MaxCount. */
  readonly noCapacity?: readonly CapacityFault[];
  /** vCPUs that may run at once; past it, `VcpuLimitExceeded`. */
  readonly vcpuQuota?: number;
  /** The first so many requests of an operation get `RequestLimitExceeded`, S3's `SlowDown` (HTTP 503). */
  readonly throttle?: Readonly<Record<string, number>>;
  /** The first so many requests of an operation take effect, but their answer is lost: the connection breaks. */
  readonly dropAnswers?: Readonly<Record<string, number>>;
  /** These operations get `UnauthorizedOperation`, S3's `AccessDenied`. */
  readonly unauthorized?: readonly string[];
  /** The first so many requests of an S3 operation get `InternalError` (HTTP 500). */
  readonly s3Errors?: Readonly<Record<string, number>>;
  /** The first so many requests of an S3 operation break off in the middle of what is sent or received. */
  readonly breakOff?: Readonly<Record<string, number>>;
  /** How far the endpoint's clock is ahead (milliseconds): requests are judged by it. */
  readonly clockSkewMs?: number;
  /** After so many requests the endpoint is gone: connections break, new ones are refused. */
  readonly dieAfterRequests?: number;
  /** New machines are unknown to every other operation for so long (milliseconds): late consistency. */
  readonly invisibleMs?: number;
  /** The console stays empty, or loses `dropBytes` after every `everyBytes`. */
  readonly console?: Struck & {
    readonly empty?: boolean;
    readonly everyBytes?: number;
    readonly dropBytes?: number;
  };
  /** Machines die so long (milliseconds) after they are running. */
  readonly machineDies?: Struck & { readonly afterMs: number };
  /** Status checks of these machines are `impaired`. */
  readonly impaired?: Struck;
}

/** Whether a fault strikes the machine with this AmiLaunchIndex. */
export const strikes = (fault: Struck | undefined, launchIndex: number): boolean =>
  fault !== undefined && (fault.launchIndexes?.includes(launchIndex) ?? true);

/** The counted faults of a running cloud: what is left of each "first N". */
export class FaultCounts {
  readonly #faults: Faults;
  readonly #throttled = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #erred = new Map<string, number>();
  readonly #brokenOff = new Map<string, number>();
  #requests = 0;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Counts one request. @returns whether the endpoint dies instead of answering it */
  diesNow(): boolean {
    this.#requests += 1;
    return this.#requests > (this.#faults.dieAfterRequests ?? Number.POSITIVE_INFINITY);
  }

  /** Whether this request of `operation` is throttled. EC2's own token buckets would be asked here too. */
  throttles(operation: string): boolean {
    return uses(this.#throttled, operation, this.#faults.throttle);
  }

  /** How far the endpoint's clock is ahead, milliseconds. */
  get clockSkewMs(): number {
    return this.#faults.clockSkewMs ?? 0;
  }

  /** Whether nobody may do `operation`. */
  forbids(operation: string): boolean {
    return this.#faults.unauthorized?.includes(operation) ?? false;
  }

  /** Whether this request of an S3 operation gets an internal error. */
  errs(operation: string): boolean {
    return uses(this.#erred, operation, this.#faults.s3Errors);
  }

  /** Whether this request of an S3 operation breaks off. */
  breaksOff(operation: string): boolean {
    return uses(this.#brokenOff, operation, this.#faults.breakOff);
  }

  /** Whether the answer to this request of `operation` is lost. */
  dropsAnswer(operation: string): boolean {
    return uses(this.#dropped, operation, this.#faults.dropAnswers);
  }
}

function uses(
  used: Map<string, number>,
  name: string,
  limits: Readonly<Record<string, number>> = {},
): boolean {
  const count = (used.get(name) ?? 0) + 1;
  used.set(name, count);
  return count <= (limits[name] ?? 0);
}
