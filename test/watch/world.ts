/** A scripted EC2 in memory and the clock it lives by: time passes only when somebody sleeps, and then at once. */
import type { Ec2 } from '../../src/aws/ports.ts';
import type { Clock } from '../../src/clock.ts';
import { AwsError, type AwsErrorKind } from '../../src/errors.ts';
import type { InstanceId, Machine } from '../../src/model.ts';
import type { OpenChannel } from '../../src/watch/channels/channel.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { WatchOptions } from '../../src/watch/options.ts';
import { watchLaunch } from '../../src/watch/watch.ts';
import { LAUNCH, LAUNCHED_AT, machine, NONCE, printedBy } from './boxes.ts';

const RING = 65_536;

interface Scripted {
  machine: Machine;
  /** From when DescribeInstances tells of it. */
  visible: boolean;
  console: string;
  posted: string;
  impaired: boolean;
  userData?: string;
}

interface Call {
  readonly at: number;
  readonly name: string;
  readonly of: string;
}

type WatchEc2 = WatchOptions['ec2'] & Pick<Ec2, 'machine'>;

export class World {
  #now = LAUNCHED_AT;
  readonly #events: { at: number; run: () => void }[] = [];
  readonly machines = new Map<InstanceId, Scripted>();
  readonly calls: Call[] = [];
  readonly tags = new Map<InstanceId, Readonly<Record<string, string>>>();
  readonly untaggable = new Set<InstanceId>();
  /** Types that can't answer `latest`. */
  readonly postedOnly = new Set<string>();
  /** What the next requests of a name get instead of an answer. */
  readonly refusals: { name: string; kind: AwsErrorKind; until: number }[] = [];
  /** GetConsoleOutput's token bucket, where it matters. */
  bucket: { tokens: number; at: number } | undefined;

  /** Requests of these names about these machines get no answer for 15 s, and then an error: `latest i-...`. */
  readonly stalled = new Set<string>();
  /** How far the wall clock was stepped, milliseconds. */
  wallStepMs = 0;

  readonly clock: Clock = {
    now: () => this.#now + this.wallStepMs,
    // Another origin than the wall clock's: whoever confuses the two is found out.
    monotonic: () => this.#now - LAUNCHED_AT + 77_000,
    sleep: (ms, signal) => {
      const until = this.#now + ms;
      for (;;) {
        const [next] = this.#events.sort((a, b) => a.at - b.at);
        if (signal?.aborted || next === undefined || next.at > until) break;
        this.#events.shift();
        this.#now = Math.max(this.#now, next.at);
        next.run();
      }
      if (!signal?.aborted) this.#now = until;
      return Promise.resolve();
    },
  };

  /** Does something some seconds after the launch. */
  at(seconds: number, run: () => void): this {
    this.#events.push({ at: LAUNCHED_AT + seconds * 1000, run });
    return this;
  }

  add(changes: Parameters<typeof machine>[0] = {}, more: Partial<Scripted> = {}): Scripted {
    const scripted = {
      machine: machine({ state: 'pending', ...changes }),
      visible: true,
      console: '',
      posted: '',
      impaired: false,
      ...more,
    };
    scripted.console = printedBy(scripted.machine.instanceId, scripted.console);
    this.machines.set(scripted.machine.instanceId, scripted);
    return scripted;
  }

  /** A machine that runs after a second and then prints these lines, one every half second. */
  boot(lines: readonly string[], changes: Parameters<typeof machine>[0] = {}): Scripted {
    const scripted = this.add(changes);
    this.at(1, () => this.state(scripted, 'running'));
    lines.forEach((line, i) => {
      this.at(2 + i / 2, () => print(scripted, line));
    });
    return scripted;
  }

  state(scripted: Scripted, state: Machine['state'], stateReason?: Machine['stateReason']): void {
    scripted.machine = { ...scripted.machine, state, ...(stateReason && { stateReason }) };
  }

  refuse(name: string, kind: AwsErrorKind, seconds: number): void {
    this.refusals.push({ name, kind, until: this.#now + seconds * 1000 });
  }

  readonly ec2: WatchEc2 = {
    machinesOfLaunch: async (launch) => {
      this.#called('machinesOfLaunch', launch);
      return [...this.machines.values()].filter(({ visible }) => visible).map((scripted) => scripted.machine);
    },
    machine: async (id) => {
      this.#called('machine', id);
      return this.machines.get(id)?.machine;
    },
    statusChecks: async (ids) => {
      this.#called('statusChecks', ids.join());
      return ids.map((instanceId) => ({ instanceId, impaired: this.#get(instanceId).impaired }));
    },
    consoleOutput: async (id, mode) => {
      this.#called(mode, id);
      await this.stall(`${mode} ${id}`);
      this.#take();
      const { console, posted, machine: of } = this.#get(id);
      if (mode === 'posted') return { text: posted };
      if (this.postedOnly.has(of.instanceType)) return undefined;
      return { text: Buffer.from(console).subarray(-RING).toString(), takenAt: this.#now };
    },
    userData: async (id) => {
      this.#called('userData', id);
      await this.stall(`userData ${id}`);
      return this.#get(id).userData;
    },
    tag: async (ids, tags) => {
      this.#called('tag', ids.join());
      // One machine that EC2 doesn't know, and none is tagged.
      const unknown = ids.find((id) => this.untaggable.has(id));
      if (unknown !== undefined) throw new AwsError(`no ${unknown}`, { kind: 'not-found' });
      for (const id of ids) this.tags.set(id, tags);
    },
  };

  async stall(request: string): Promise<void> {
    if (!this.stalled.has(request)) return;
    await new Promise<never>((_, reject) => {
      const run = () => reject(new AwsError('no answer for 15 s', { kind: 'endpoint' }));
      this.#events.push({ at: this.#now + 15_000, run });
    });
  }

  #get(id: InstanceId): Scripted {
    const scripted = this.machines.get(id);
    if (scripted === undefined) throw new AwsError(`no ${id}`, { kind: 'not-found' });
    return scripted;
  }

  #called(name: string, of: string): void {
    this.calls.push({ at: (this.#now - LAUNCHED_AT) / 1000, name, of });
    const refusal = this.refusals.find((entry) => entry.name === name && entry.until > this.#now);
    if (refusal !== undefined) throw new AwsError(`${name} was refused`, { kind: refusal.kind });
  }

  #take(): void {
    if (this.bucket === undefined) return;
    const { tokens, at } = this.bucket;
    this.bucket = { tokens: Math.min(100, tokens + (this.#now - at) / 50) - 1, at: this.#now };
    if (this.bucket.tokens < 0)
      throw new AwsError('slow down', { kind: 'throttle', code: 'RequestLimitExceeded' });
  }

  /** Watches as the process that made the launch does. */
  watch(
    options: Partial<WatchOptions> = {},
    heard?: (event: WatchEvent) => void,
    channels?: readonly OpenChannel[],
  ): Promise<WatchEvent[]> {
    const sent = { machines: [], launched: this.machines.size, done: true };
    return this.#watch({ nonce: NONCE, sent: () => sent, ...options }, heard, channels);
  }

  /** Watches as a process does that knows the launch's id alone. */
  resume(heard?: (event: WatchEvent) => void): Promise<WatchEvent[]> {
    return this.#watch({ sent: () => ({ machines: [], done: true }) }, heard);
  }

  /** To the end, and bounded, so that a watch that never ends is a failure with a name. */
  async #watch(
    options: Partial<WatchOptions> & Pick<WatchOptions, 'sent'>,
    heard?: (event: WatchEvent) => void,
    channels?: readonly OpenChannel[],
  ): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    const world = { ec2: this.ec2, clock: this.clock, launch: LAUNCH, timeoutMs: 60_000 };
    for await (const event of watchLaunch({ ...world, ...options }, channels)) {
      events.push(event);
      heard?.(event);
      if (this.calls.length > 20_000) throw new Error('the watch does not end');
    }
    return events;
  }

  get now(): number {
    return (this.#now - LAUNCHED_AT) / 1000;
  }
}

export const print = (scripted: Scripted, line: string): void => {
  scripted.console += `${printedBy(scripted.machine.instanceId, line)}\r\n`;
};
