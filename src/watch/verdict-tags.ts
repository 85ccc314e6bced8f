/** Sets the tag rolecall:verdict: many machines at once, again where AWS is in trouble, and tells where it stays unset. */

import type { Ec2 } from '../aws/ports.ts';
import { type Clock, unlessAborted } from '../clock.ts';
import { AwsError, type AwsErrorKind } from '../errors.ts';
import type { InstanceId, Machine, Outcome } from '../model.ts';
import type { WatchEvent } from './events.ts';
import type { Notices } from './notices.ts';

/** How long the tags of the last verdicts are tried once all else is over, milliseconds. */
const END_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

const TAG = 'rolecall:verdict';

interface Untagged {
  readonly machine: Machine;
  readonly outcome: Outcome;
  /** Why the newest try failed. */
  error?: AwsError;
}

interface Tools {
  readonly ec2: Pick<Ec2, 'tag'>;
  readonly clock: Clock;
  readonly notices: Notices;
}

export class VerdictTags {
  readonly #tools: Tools;
  /** To be tried again. */
  readonly #waiting = new Map<InstanceId, Untagged>();
  /** AWS refuses them for good. */
  readonly #refused = new Map<InstanceId, Untagged>();
  #since = 0;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  add(machine: Machine, outcome: Outcome): void {
    if (machine.state === 'terminated') return;
    if (this.#waiting.size === 0) this.#since = this.#tools.clock.monotonic();
    this.#waiting.set(machine.instanceId, { machine, outcome });
  }

  /** Sets the tags that have waited for so long. Milliseconds. */
  async set(afterMs: number): Promise<WatchEvent[]> {
    const due = this.#waiting.size > 0 && this.#tools.clock.monotonic() - this.#since >= afterMs;
    return due ? await this.#try() : [];
  }

  /** Tries until all tags are set, for a minute at most; then tells which are not. */
  async *finish(signal: AbortSignal | undefined): AsyncGenerator<WatchEvent, void> {
    const { clock } = this.#tools;
    const until = clock.monotonic() + END_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const told = await unlessAborted(this.#try(), signal);
      if (told === undefined) return yield* this.leave();
      yield* told;
      if (this.#waiting.size === 0 || clock.monotonic() + pause > until) return yield* this.#unset();
      await clock.sleep(pause, signal);
    }
  }

  /** Tries once more, within the deadlines of a request after Ctrl-C; then tells which tags are not set. */
  async *leave(): AsyncGenerator<WatchEvent, void> {
    yield* await this.#try().catch(() => []);
    yield* this.#unset();
  }

  *#unset(): Generator<WatchEvent, void> {
    const unset = [...this.#waiting.values(), ...this.#refused.values()];
    if (unset.length === 0) return;
    yield {
      type: 'untagged',
      at: this.#tools.clock.now(),
      instanceIds: unset.map(({ machine }) => machine.instanceId),
      reason: unset.find(({ error }) => error !== undefined)?.error?.message ?? 'stopped before it was set',
    };
  }

  async #try(): Promise<WatchEvent[]> {
    this.#since = this.#tools.clock.monotonic();
    const waiting = [...this.#waiting.values()];
    const outcomes = new Set(waiting.map(({ outcome }) => outcome));
    const told = await Promise.all(
      [...outcomes].map((outcome) =>
        this.#tag(
          waiting.filter((each) => each.outcome === outcome),
          outcome,
        ),
      ),
    );
    return told.flat();
  }

  /** One machine that EC2 doesn't know, or can't tag, spoils the request for all: then it is halved. */
  async #tag(those: readonly Untagged[], outcome: Outcome): Promise<WatchEvent[]> {
    try {
      await this.#tools.ec2.tag(
        those.map(({ machine }) => machine.instanceId),
        { [TAG]: outcome },
      );
      for (const { machine } of those) this.#waiting.delete(machine.instanceId);
      return [];
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (those.length > 1 && MAY_BE_ONE.has(error.kind)) {
        const half = Math.ceil(those.length / 2);
        const first = await this.#tag(those.slice(0, half), outcome);
        return [...first, ...(await this.#tag(those.slice(half), outcome))];
      }
      for (const each of those) this.#failed(each, error);
      return this.#tools.notices.once(`The tag ${TAG} could not be set: ${error.message}`);
    }
  }

  #failed(untagged: Untagged, error: AwsError): void {
    const { machine } = untagged;
    untagged.error = error;
    if (!FOR_GOOD.has(error.kind)) return;
    this.#waiting.delete(machine.instanceId);
    this.#refused.set(machine.instanceId, untagged);
  }
}

const MAY_BE_ONE: ReadonlySet<AwsErrorKind> = new Set(['not-found', 'invalid', 'quota']);
const FOR_GOOD: ReadonlySet<AwsErrorKind> = new Set(['permission', 'credentials', 'invalid']);
