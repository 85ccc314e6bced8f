/** What this process believes of one of EC2's token buckets: a value, and what time and answers make of it. */
export interface Bucket {
  readonly rate: Rate;
  /** At `at`; below nothing after a request for more than the bucket can hold. */
  readonly tokens: number;
  /** Milliseconds by the monotonic clock. */
  readonly at: number;
  /** The part of the refill that is counted on, from LEAST_SHARE to 1: others draw from the account's bucket, too. */
  readonly share: number;
  /** When a throttled answer last made it slower, milliseconds by the monotonic clock. */
  readonly slowedAt: number;
}

/**
 * Additive increase, multiplicative decrease, as TCP does it and for its reason: whoever shares the bucket by these
 * rules ends with an even share, and nobody's retries add to the crowd.
 * @see https://doi.org/10.1016/0169-7552(89)90019-6
 */
const DECREASE = 0.5;
const INCREASE = 0.05;
/** Never slower than this: else a long crowd would leave us waiting for minutes after it is gone. */
const LEAST_SHARE = 1 / 16;
/** What sums of fractions may be off by. */
const HAIR = 1e-6;

export const fullBucket = (rate: Rate, now: number): Bucket => ({
  rate,
  tokens: rate.capacity,
  at: now,
  share: 1,
  slowedAt: Number.NEGATIVE_INFINITY,
});

/** The same bucket at a later time. */
function refilled(bucket: Bucket, now: number): Bucket {
  const seconds = Math.max(0, now - bucket.at) / 1000;
  const tokens = bucket.tokens + seconds * bucket.rate.perSecond * bucket.share;
  return { ...bucket, tokens: Math.min(bucket.rate.capacity, tokens), at: now };
}

/** How long until `cost` tokens are there, milliseconds; what a bucket can't hold at once is counted all the same. */
export function untilMs(bucket: Bucket, now: number, cost: number): number {
  const lacking = cost - refilled(bucket, now).tokens;
  if (lacking <= HAIR) return 0;
  return Math.ceil((lacking * 1000) / (bucket.rate.perSecond * bucket.share) - HAIR);
}

/** How long until a request of this cost may be sent, milliseconds; one of more than a bucketful waits for a full bucket. */
export const waitMs = (bucket: Bucket, now: number, cost: number): number =>
  untilMs(bucket, now, Math.min(cost, bucket.rate.capacity));

/** The bucket after a request of this cost. */
export function taken(bucket: Bucket, now: number, cost: number): Bucket {
  const full = refilled(bucket, now);
  return { ...full, tokens: full.tokens - cost };
}

/** EC2 has admitted a request: count on a little more of the refill again. */
export const admitted = (bucket: Bucket, now: number): Bucket => ({
  ...refilled(bucket, now),
  share: Math.min(1, bucket.share + INCREASE),
});

/**
 * EC2 has throttled a request: whatever we believed, the bucket is empty.
 * @param sentAt answers to requests that were under way at the last slow-down say nothing new
 */
export function throttled(bucket: Bucket, now: number, sentAt: number): Bucket {
  if (sentAt <= bucket.slowedAt) return bucket;
  const full = refilled(bucket, now);
  const share = Math.max(LEAST_SHARE, bucket.share * DECREASE);
  return { ...full, tokens: Math.min(0, full.tokens), share, slowedAt: now };
}

/**
 * A throttled answer does not tell whether requests or machines were too many. Half of the belief is given up each
 * time: few answers find an empty bucket, and one that only the requests had met costs little.
 */
export function doubted(bucket: Bucket, now: number): Bucket {
  const full = refilled(bucket, now);
  return { ...full, tokens: Math.min(full.tokens, full.tokens / 2) };
}

/** A token bucket: what it holds when full, and what flows in. */
export interface Rate {
  readonly capacity: number;
  readonly perSecond: number;
}

/** The buckets that one operation draws from: a token a request, and for some a token a machine. */
export interface Limit {
  readonly requests: Rate;
  readonly machines?: Rate;
}

const rate = (capacity: number, perSecond: number): Rate => ({ capacity, perSecond });

const NON_MUTATING: Limit = { requests: rate(100, 20) };
const MUTATING: Limit = { requests: rate(50, 5) };
/** Describe requests with neither a filter nor pages: DescribeInstanceStatus by ids is one. */
const UNPAGED: Limit = { requests: rate(50, 10) };

const LIMITS: Readonly<Record<string, Limit>> = {
  RunInstances: { requests: rate(5, 2), machines: rate(1000, 2) },
  StartInstances: { requests: rate(5, 2) },
  TerminateInstances: { requests: rate(100, 5), machines: rate(1000, 20) },
  CreateTags: { requests: rate(100, 10) },
  DescribeInstanceStatus: UNPAGED,
};

/**
 * EC2's documented limits for an operation, per account, Region and API. Operations that AWS does not list
 * (GetConsoleOutput) have those of their category.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export const limitOf = (operation: string): Limit =>
  LIMITS[operation] ?? (/^(?:Describe|Get)/.test(operation) ? NON_MUTATING : MUTATING);
