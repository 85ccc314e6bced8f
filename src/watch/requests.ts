import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import type { WatchEvent } from './events.ts';
import type { Notices } from './notices.ts';

/** A request's answer; or the error, which may pass, and what people are told of it. */
export type Answer<T> = { readonly value: T } | { readonly failed: WatchEvent[]; readonly error: AwsError };

interface Tools {
  readonly clock: Clock;
  readonly notices: Notices;
  /** How long AWS may be out of reach, milliseconds. */
  readonly unreachableMs: number;
}

/** Makes the watch's requests to AWS, and keeps in mind how they went. */
export class Requests {
  readonly #tools: Tools;
  #unreachableSince: number | undefined;
  #unreachable: AwsError | undefined;
  #throttled = false;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /**
   * The error after which the watch ends: a connection that is gone for minutes will hardly come back. To say so is better
   * than to call machines silent.
   */
  get unreachable(): AwsError | undefined {
    return this.#unreachable;
  }

  /** Whether AWS has throttled a request since this was last asked. */
  wasThrottled(): boolean {
    const throttled = this.#throttled;
    this.#throttled = false;
    return throttled;
  }

  /** Makes a request whose failure may pass. @throws AwsError where it will not */
  async attempt<T>(request: () => Promise<T>): Promise<Answer<T>> {
    try {
      const value = await request();
      this.#unreachableSince = undefined;
      return { value };
    } catch (error) {
      if (!(error instanceof AwsError) || isForGood(error)) throw error;
      if (error.kind === 'endpoint') this.#missed(error);
      if (error.kind === 'throttle') {
        this.#throttled = true;
        return { failed: [], error };
      }
      const text = `AWS is in trouble, trying again: ${error.message}`;
      return { failed: this.#tools.notices.once(text), error };
    }
  }

  #missed(error: AwsError): void {
    const now = this.#tools.clock.monotonic();
    this.#unreachableSince ??= now;
    if (now - this.#unreachableSince >= this.#tools.unreachableMs) this.#unreachable ??= error;
  }
}

const isForGood = ({ kind }: AwsError): boolean =>
  kind === 'permission' || kind === 'credentials' || kind === 'invalid';
