/** How often an operation was asked for, and how many of these requests were throttled. */
export interface OperationCount {
  readonly requests: number;
  readonly throttled: number;
}

/** Counts by service and AWS's name of the operation; operations that nobody asked for are left out. */
export type RequestTally = Readonly<Record<'ec2' | 's3', Readonly<Record<string, OperationCount>>>>;

/** Requests that a cloud has answered, boxes' own among them (only they post forms); its control API's are not counted. */
export class RequestCounts {
  readonly #services = { ec2: new Map<string, OperationCount>(), s3: new Map<string, OperationCount>() };

  /** @param operation an operation that the cloud knows: what a client makes up would take memory */
  add(service: 'ec2' | 's3', operation: string, isThrottled: boolean): void {
    const counts = this.#services[service];
    const { requests, throttled } = counts.get(operation) ?? { requests: 0, throttled: 0 };
    counts.set(operation, { requests: requests + 1, throttled: throttled + (isThrottled ? 1 : 0) });
  }

  get tally(): RequestTally {
    const { ec2, s3 } = this.#services;
    return { ec2: sorted(ec2), s3: sorted(s3) };
  }
}

const sorted = (counts: ReadonlyMap<string, OperationCount>): Record<string, OperationCount> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
