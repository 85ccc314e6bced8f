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
