/** The watch loop's state: one `tick` looks at EC2 once and returns what is new. */

import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import type { InstanceId, LaunchId, Machine, Nonce } from '../model.ts';
import type { LinearPattern } from '../yaml/linear.ts';
import { Boots } from './boots.ts';
import { heldToBudget } from './budget.ts';
import { readSnapshot, unreadConsole } from './console.ts';
import { verdictAtEnd } from './ending.ts';
import type { WatchEvent } from './events.ts';
import type { Reading } from './facts.ts';
import { Nonces } from './nonce.ts';
import { Notices } from './notices.ts';
import type { WatchOptions } from './options.ts';
import { isSmall, Pace } from './pace.ts';
import { ConsoleReader } from './reader.ts';
import { Requests } from './requests.ts';
import { SecondChannel } from './second-channel.ts';
import { SideBySide } from './side-by-side.ts';
import {
  describe,
  isGone,
  type Limits,
  type Moment,
  news,
  type Tracked,
  track,
  verdictNow,
} from './tracked.ts';
import { takeTurns } from './turns.ts';
import type { Verdict } from './verdict.ts';
import { VerdictTags } from './verdict-tags.ts';

export interface Plan extends Pick<WatchOptions, 'ec2' | 'sent' | 'beacons' | 'budget'> {
  readonly clock: Clock;
  readonly launch: LaunchId;
  readonly nonce: Nonce | undefined;
  readonly limits: Limits;
  readonly visibleMs: number;
  readonly tickMs: number;
  readonly everyStep: boolean;
  readonly unreachableMs: number;
  readonly mask: ((text: string) => string) | undefined;
  readonly success: LinearPattern | undefined;
  readonly failure: LinearPattern | undefined;
}

export class Watcher {
  readonly #plan: Plan;
  readonly #reader: ConsoleReader;
  readonly #pace: Pace;
  /** Readings of consoles. */
  readonly #looks: SideBySide;
  /** Readings of what machines have put into the bucket. */
  readonly #beacons: SideBySide;
  readonly #machines = new Map<InstanceId, Tracked>();
  readonly #nonces: Nonces;
  readonly #notices: Notices;
  readonly #requests: Requests;
  readonly #second: SecondChannel | undefined;
  readonly tags: VerdictTags;
  readonly #boots = new Boots();
  readonly #since: number;
  #describedAt = Number.NEGATIVE_INFINITY;
  /** Why the newest DescribeInstances failed, if it did. */
  #trouble: AwsError | undefined;
  #finished = false;
  #failure: unknown;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#reader = new ConsoleReader(plan.ec2);
    this.#nonces = new Nonces(plan.ec2, plan.launch);
    this.#notices = new Notices(plan.clock);
    this.#requests = new Requests({ ...plan, notices: this.#notices });
    this.tags = new VerdictTags({ ec2: plan.ec2, clock: plan.clock, notices: this.#notices });
    const { clock, tickMs, everyStep } = plan;
    const tools = { clock, notices: this.#notices, tickMs, everyStep };
    this.#second = plan.beacons && new SecondChannel(plan.beacons, plan.launch, tools);
    this.#pace = new Pace(plan.tickMs);
    this.#looks = new SideBySide(plan.clock);
    this.#beacons = new SideBySide(plan.clock);
    this.#since = plan.clock.monotonic();
  }

  /** Every machine has its verdict, and no more are to come. */
  get finished(): boolean {
    return this.#finished;
  }

  get pauseMs(): number {
    return this.#pace.pauseMs;
  }

  /** What ended the watch early: an error that came with the last tick, beside the events that it still had to tell. */
  get failure(): unknown {
    return this.#failure ?? this.#requests.unreachable;
  }

  /** @throws AwsError where trying again is of no use, and there is nothing to tell before */
  async tick(): Promise<WatchEvent[]> {
    const fleet = this.#fleet();
    this.#second?.ask({ present: this.#machines.size, fleet }, this.#undecided());
    const events = [...this.#known(), ...(await this.#describe())];
    this.#hear();
    const now = this.#plan.clock.monotonic();
    const undecided = this.#undecided();
    const needing = this.#second?.needing(undecided, this.#plan.limits);
    const free = (needing ?? undecided).filter(({ machine }) => !this.#looks.isBusy(machine.instanceId));
    const due = takeTurns(free, {
      now,
      limits: this.#plan.limits,
      reads: this.#pace.reads,
      // Where others are judged by beacons, the few that need their console read need not wait for their turn.
      fleet: needing?.length ?? fleet,
      boots: this.#boots,
      isPostedOnly: (machine) => this.#reader.isPostedOnly(machine),
    });
    const impaired = await this.#impaired(due, events);
    for (const tracked of due)
      this.#looks.start(tracked.machine.instanceId, () => this.#look(tracked, impaired));
    events.push(...(await this.#looks.settle(this.#plan.tickMs)));
    this.#failure ??= this.#looks.failure;
    events.push(...(await this.#bySecondChannel()), ...this.#end());
    if (this.#pace.ticked(this.#requests.wasThrottled())) {
      events.push(this.#notices.say('AWS throttles our requests: asking less often until it stops'));
    }
    return events;
  }

  /** How long verdicts wait for others to be tagged with, milliseconds. */
  get tagMs(): number {
    return this.#pace.tagMs(this.#fleet());
  }

  /** Machines that the launch stage has told of. */
  #known(): WatchEvent[] {
    return this.#plan.sent().machines.flatMap((machine) => {
      if (this.#machines.has(machine.instanceId)) return [];
      const tracked = this.#track(machine);
      return [machineEvent(tracked.machine, this.#plan.clock.now())];
    });
  }

  #moment(): Moment {
    const { clock } = this.#plan;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  #track(machine: Machine): Tracked {
    const { nonce } = this.#plan;
    const tracked = track(machine, this.#moment(), nonce !== undefined, this.#machines.size);
    if (nonce !== undefined) tracked.reading = this.#reading(machine, nonce);
    this.#machines.set(machine.instanceId, tracked);
    return tracked;
  }

  async #describe(): Promise<WatchEvent[]> {
    const now = this.#plan.clock.monotonic();
    const sizes = { described: this.#machines.size, fleet: this.#fleet() };
    const pauseMs = this.#pace.describeMs(sizes, this.#youngestPendingMs(now));
    if (now - this.#describedAt < pauseMs) return [];
    const answer = await this.#requests.attempt(() => this.#plan.ec2.machinesOfLaunch(this.#plan.launch));
    this.#trouble = 'failed' in answer ? answer.error : undefined;
    if ('failed' in answer) return answer.failed;
    this.#describedAt = now;
    for (const tracked of this.#machines.values()) tracked.present = false;
    return answer.value.flatMap((machine) => this.#described(machine, now));
  }

  #youngestPendingMs(now: number): number | undefined {
    const pending = this.#undecided().filter(({ runningSince }) => runningSince === undefined);
    const ages = pending.map(({ knownSince }) => now - knownSince);
    return ages.length === 0 ? undefined : Math.min(...ages);
  }

  #described(machine: Machine, now: number): WatchEvent[] {
    const known = this.#machines.get(machine.instanceId);
    if (known === undefined && this.#plan.sent().only) return [];
    const tracked = known ?? this.#track(machine);
    const changed = describe(tracked, machine, now);
    const isNews = known === undefined || (changed && tracked.verdict === undefined);
    return isNews ? [machineEvent(tracked.machine, this.#plan.clock.now())] : [];
  }

  /** How many machines there are, or will be. */
  #fleet(): number {
    return Math.max(this.#machines.size, this.#plan.sent().toCome ?? 0);
  }

  #undecided(): Tracked[] {
    return [...this.#machines.values()].filter(({ verdict }) => verdict === undefined);
  }

  /** Asks for EC2's status checks of the machines whose time is up. */
  async #impaired(due: readonly Tracked[], events: WatchEvent[]): Promise<ReadonlySet<InstanceId>> {
    const late = due.filter((tracked) => tracked.finalSince !== undefined && !isGone(tracked));
    const ids = late
      .filter(({ runningSince }) => runningSince !== undefined)
      .map(({ machine }) => machine.instanceId);
    if (ids.length === 0) return new Set();
    try {
      const checks = await this.#plan.ec2.statusChecks(ids);
      return new Set(checks.filter(({ impaired }) => impaired).map(({ instanceId }) => instanceId));
    } catch (error) {
      // They only make a reason clearer: a caller who may not read them still gets the verdict.
      if (!(error instanceof AwsError)) throw error;
      events.push(...this.#notices.once(`EC2's status checks could not be read: ${error.message}`));
      return new Set();
    }
  }

  /** Reads one machine's console and judges it. */
  async #look(tracked: Tracked, impaired: ReadonlySet<InstanceId>): Promise<WatchEvent[]> {
    tracked.readAt = this.#plan.clock.monotonic();
    const answer = await this.#requests.attempt(() => this.#read(tracked));
    const now = this.#moment();
    const troubled = 'failed' in answer ? answer.failed : [];
    // Its beacon was quicker.
    if (tracked.verdict !== undefined) return troubled;
    const failed = 'failed' in answer ? answer.error : undefined;
    if (failed === undefined) tracked.looks += 1;
    const reading = tracked.reading ?? this.#reading(tracked.machine);
    const ending = {
      now,
      limits: this.#plan.limits,
      failed,
      impaired: impaired.has(tracked.machine.instanceId),
      postedOnly: this.#reader.isPostedOnly(tracked.machine),
      vanished: tracked.described && !tracked.present && this.#trouble === undefined,
      unproved: this.#second?.unproved(tracked) ?? [],
    };
    const told =
      verdictNow(tracked, reading, now, this.#okGraceMs(ending)) ?? verdictAtEnd(tracked, reading, ending);
    const verdict = this.#second === undefined ? told : this.#second.weigh(tracked, told, reading);
    const events = [...troubled, ...news(tracked, now.wall)];
    return verdict === undefined ? events : [...events, this.#decide(tracked, verdict)];
  }

  /** Where consoles are read at every tick anyhow, two more looks may show that the kernel or cloud-init contradicts. */
  #okGraceMs({ postedOnly, failed }: { readonly postedOnly: boolean; readonly failed: unknown }): number {
    if (postedOnly || failed !== undefined || !isSmall(this.#fleet())) return 0;
    return OK_GRACE_TICKS * this.#plan.tickMs;
  }

  /** Proves the beacons that have come; a machine's nonce is recovered for it where that is needed. */
  #hear(): void {
    const asked = new Set<string>();
    for (const tracked of this.#second?.heardOf(this.#undecided()) ?? []) {
      const { machine } = tracked;
      const nonce = this.#nonces.known(machine);
      if (nonce !== undefined) tracked.reading ??= this.#reading(machine, nonce);
      if (tracked.reading !== undefined) this.#second?.hear(tracked, tracked.reading);
      const batch = machine.tags['rolecall:batch'] ?? machine.instanceId;
      if (tracked.reading !== undefined || asked.has(batch) || asked.size >= this.#pace.reads) continue;
      // One request a batch: all its machines have one payload.
      asked.add(batch);
      this.#beacons.start(machine.instanceId, () => this.#recover(tracked));
    }
  }

  async #recover(tracked: Tracked): Promise<WatchEvent[]> {
    const answer = await this.#requests.attempt(() => this.#nonces.of(tracked.machine));
    if ('failed' in answer) return answer.failed;
    tracked.reading ??= this.#reading(tracked.machine, answer.value);
    return [];
  }

  /** Decides what beacons have told. */
  async #bySecondChannel(): Promise<WatchEvent[]> {
    const second = this.#second;
    if (second === undefined) return [];
    for (const tracked of this.#undecided())
      this.#beacons.start(tracked.machine.instanceId, async () => {
        const verdict = await second.verdict(tracked, tracked.reading ?? this.#reading(tracked.machine));
        // Its console was quicker.
        if (verdict === undefined || tracked.verdict !== undefined) return [];
        return [this.#decide(tracked, verdict)];
      });
    const decided = await this.#beacons.settle(this.#plan.tickMs);
    this.#failure ??= this.#beacons.failure;
    return [...second.news(this.#undecided()), ...decided];
  }

  async #read(tracked: Tracked): Promise<void> {
    const { machine, finalSince } = tracked;
    tracked.reading ??= this.#reading(machine, await this.#nonces.of(machine));
    const snapshots = await (finalSince === undefined
      ? this.#reader.newest(machine)
      : this.#reader.both(machine));
    for (const snapshot of snapshots) {
      const before = tracked.console.stitch;
      tracked.console = readSnapshot(tracked.console, snapshot, tracked.reading);
      if (tracked.console.stitch.known !== before.known) tracked.changedAt = this.#plan.clock.monotonic();
    }
  }

  #reading({ instanceId }: Machine, nonce?: Nonce): Reading {
    const { launch, mask, success, failure } = this.#plan;
    return { launch, instanceId, nonce, mask, success, failure };
  }

  #decide(tracked: Tracked, told: Verdict): WatchEvent {
    const verdict = heldToBudget(told, this.#plan.budget);
    tracked.verdict = verdict;
    // Its text is of no use any more, and with a thousand machines it is much.
    tracked.console = unreadConsole();
    this.tags.add(tracked.machine, verdict.outcome);
    const { monotonic, wall } = this.#moment();
    if ('bootMs' in verdict && verdict.bootMs !== undefined)
      this.#boots.add(this.#bootMs(tracked, verdict.bootMs, monotonic));
    return { type: 'verdict', at: wall, machine: tracked.machine, verdict };
  }

  /** When a look would have told of it: by the box's clock, or where EC2 shows consoles late, when it was seen. */
  #bootMs({ machine, bootingSince }: Tracked, bootMs: number, now: number): number {
    const age = now - bootingSince;
    return this.#reader.isPostedOnly(machine) ? age : Math.min(bootMs, age);
  }

  /** Finds out whether it is all over. */
  #end(): WatchEvent[] {
    const { done, launched = 1 } = this.#plan.sent();
    if (!done || this.#undecided().length > 0) return [];
    const missing = launched - this.#machines.size;
    if (missing <= 0) {
      this.#finished = true;
      return [];
    }
    if (this.#plan.clock.monotonic() - this.#since < this.#plan.visibleMs) return [];
    if (this.#machines.size === 0 && this.#trouble !== undefined) throw this.#trouble;
    this.#finished = true;
    const { launch } = this.#plan;
    const text =
      this.#machines.size === 0
        ? `EC2 describes no machine of launch ${launch}`
        : `EC2 describes ${this.#machines.size} of the ${launched} machines of launch ${launch}; no others appeared`;
    return [this.#notices.say(text)];
  }
}

/** For how many ticks a success is watched before it counts. */
const OK_GRACE_TICKS = 2;

const machineEvent = (machine: Machine, at: number): WatchEvent => ({ type: 'machine', at, machine });
