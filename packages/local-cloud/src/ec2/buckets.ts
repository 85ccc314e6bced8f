/** A bucket's size, and how many tokens a second come back. */
interface Bucket {
  readonly capacity: number;
  readonly perSecond: number;
}

const READ: Bucket = { capacity: 100, perSecond: 20 };
/** Describe calls with neither a filter nor pages. */
const READ_ALL: Bucket = { capacity: 50, perSecond: 10 };
const WRITE: Bucket = { capacity: 50, perSecond: 5 };

/**
 * Requests, a bucket an operation.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const REQUESTS: Readonly<Record<string, Bucket>> = {
  CreateTags: { capacity: 100, perSecond: 10 },
  RunInstances: { capacity: 5, perSecond: 2 },
  RebootInstances: WRITE,
  StartInstances: { capacity: 5, perSecond: 2 },
  StopInstances: WRITE,
  TerminateInstances: { capacity: 100, perSecond: 5 },
};

/** Of these, a call that asks for all is dearer. */
const LISTS = new Set(['DescribeInstances', 'DescribeInstanceStatus', 'DescribeTags', 'DescribeSubnets']);

/** Machines, a token each, whatever the number of requests. */
const RESOURCES: Readonly<Record<string, Bucket>> = {
  RunInstances: { capacity: 1000, perSecond: 2 },
  StartInstances: { capacity: 1000, perSecond: 2 },
  StopInstances: { capacity: 1000, perSecond: 20 },
  TerminateInstances: { capacity: 1000, perSecond: 20 },
};

/** EC2's token buckets of one account, as documented: one a region and operation. */
export class Buckets {
  readonly #now: () => number;
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  /** @param now milliseconds by a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes the token of one request. @returns false where there is none: the request is throttled */
  takeRequest(region: string, operation: string, narrowed: boolean): boolean {
    const all = !narrowed && LISTS.has(operation);
    const bucket = REQUESTS[operation] ?? (all ? READ_ALL : READ);
    return this.#take(`${region} ${operation}${all ? ' all' : ''}`, bucket, 1);
  }

  /** Takes the tokens of so many machines. @returns false, and takes none, where there are fewer */
  takeMachines(region: string, operation: string, count: number): boolean {
    const bucket = RESOURCES[operation];
    return bucket === undefined || this.#take(`${region} ${operation} machines`, bucket, count);
  }

  #take(key: string, { capacity, perSecond }: Bucket, count: number): boolean {
    const now = this.#now();
    const { tokens, at } = this.#levels.get(key) ?? { tokens: capacity, at: now };
    const level = Math.min(capacity, tokens + ((now - at) / 1000) * perSecond);
    const enough = level >= count;
    this.#levels.set(key, { tokens: enough ? level - count : level, at: now });
    return enough;
  }
}
