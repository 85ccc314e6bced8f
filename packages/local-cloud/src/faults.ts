import type { BoxPlan } from './simulated/plan.ts';
import { isStruck, type Struck, type Target } from './struck.ts';

/** What goes wrong in a local cloud, on purpose: how AWS fails, so that the ways of coping can be tried. */

/** A zone, a type, a market, or what several of them leave, that has room for only so many machines. */
export interface CapacityFault {
  readonly zone?: string;
  readonly instanceType?: string;
  /** Both markets when absent. */
  readonly market?: 'spot' | 'on-demand';
  /** Machines that can still run there at once; 0 when absent. */
  readonly available?: number;
}

/** How a machine's metadata service fails; the keys go together. */
export interface MetadataFault extends Struck {
  /** Only requests whose User-Agent begins so (`curl`, `Cloud-Init`); all when absent. */
  readonly userAgent?: string;
  /** Each answer comes so much later, milliseconds. */
  readonly delayMs?: number;
  /** Number of requests at the start of each boot that get status 503. */
  readonly failFirst?: number;
  /** For so long after the first request of each boot, connections break without an answer; milliseconds. */
  readonly deadMs?: number;
}

/** A virtual machine loses its power, or is reset, in the middle of whatever it is doing. Once a machine. */
export interface PowerFault extends Struck {
  readonly kind: 'cut' | 'reset';
  /** So long after it was first running, milliseconds. */
  readonly afterMs?: number;
  /** As soon as its console shows this text. */
  readonly whenConsole?: string;
  /** Of a cut: the power comes back after so long (milliseconds), and EC2 still says running; without it the machine is stopped. */
  readonly offMs?: number;
}

/** The faults of a cloud; an empty object is a cloud that works. */
export interface Faults {
  /** Where all that looks random comes from: the same number gives the same again. 1 when absent. */
  readonly seed?: number;
  /** EC2's token buckets, as documented; without it nothing is throttled but by `throttle`. */
  readonly throttling?: 'documented';
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
  /** The first so many conditional writes of an S3 operation get `ConditionalRequestConflict` (HTTP 409). */
  readonly conflicts?: Readonly<Record<string, number>>;
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
  /** Spot machines are taken back so long (milliseconds) after they are running. */
  readonly spotInterruptions?: Struck & { readonly afterMs: number };
  /** Metadata services that are slow, fail, or don't answer. */
  readonly metadata?: MetadataFault;
  /** Virtual machines that lose their power or are reset. */
  readonly power?: readonly PowerFault[];
  /** The network card of a virtual machine has no link for so long after it was switched on, milliseconds. */
  readonly networkLate?: Struck & { readonly ms: number };
  /** Status checks of these machines are `impaired`. */
  readonly impaired?: Struck;
  /** What simulated boxes do; real ones do what their payload says. */
  readonly boxes?: BoxPlan;
}

/** The faults that strike some machines and not others. */
type StrikingFault =
  | 'console'
  | 'machineDies'
  | 'spotInterruptions'
  | 'impaired'
  | 'metadata'
  | 'networkLate';

/** Whether a fault strikes a machine. */
export const strikes = (faults: Faults, name: StrikingFault, target: Target): boolean =>
  isStruck(faults[name], faults.seed, name, target);

/** The counted faults of a running cloud: what is left of each "first N". */
export class FaultCounts {
  readonly #faults: Faults;
  readonly #throttled = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #erred = new Map<string, number>();
  readonly #conflicted = new Map<string, number>();
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

  /** Whether this request of `operation` is one of the first so many, which are throttled. */
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

  /** Whether this conditional write of an S3 operation meets another one. */
  conflicts(operation: string): boolean {
    return uses(this.#conflicted, operation, this.#faults.conflicts);
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
