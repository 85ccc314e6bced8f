/** The console: what EC2 shows of a machine's serial port, one GetConsoleOutput a look. */
import { AwsError } from '../../../errors.ts';
import type { InstanceId } from '../../../model.ts';
import type { WatchEvent } from '../../events.ts';
import { isSmall } from '../../pace.ts';
import { verdictAtEnd } from '../../silence.ts';
import { readSnapshot, unreadText } from '../../text.ts';
import { isGone, news, type Tracked, verdictNow } from '../../tracked.ts';
import type { Verdict } from '../../verdict.ts';
import type { Channel, OpenChannel, Round, Tools } from '../channel.ts';
import { ConsoleReader } from './reader.ts';
import { Boots, takeTurns } from './turns.ts';

/** For how many ticks a success is watched before it counts. */
const OK_GRACE_TICKS = 2;

export const openConsole: OpenChannel = (tools) => new Console(tools);

class Console implements Channel {
  readonly noun = 'console';
  readonly #tools: Tools;
  readonly #reader: ConsoleReader;
  readonly #boots = new Boots();

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#reader = new ConsoleReader(tools.ec2);
  }

  async read({ uncovered, fleet }: Round): Promise<readonly WatchEvent[]> {
    const { looks, clock, limits, pace } = this.#tools;
    const due = takeTurns(
      uncovered.filter(({ machine }) => !looks.isBusy(machine.instanceId)),
      {
        now: clock.monotonic(),
        limits,
        reads: pace.reads,
        fleet,
        boots: this.#boots,
        isPostedOnly: (machine) => this.#reader.isPostedOnly(machine),
      },
    );
    const { impaired, events } = await this.#checked(due);
    for (const tracked of due) looks.start(tracked.machine.instanceId, () => this.#look(tracked, impaired));
    return events;
  }

  /** Its text is of no use any more, and with a thousand machines it is much. How long it booted tells of the others. */
  decided(tracked: Tracked, verdict: Verdict): void {
    tracked.text = unreadText();
    if (!('bootMs' in verdict) || verdict.bootMs === undefined) return;
    const age = this.#tools.clock.monotonic() - tracked.bootingSince;
    // When a look would have told of it: by the box's clock, or where EC2 shows consoles late, when it was seen.
    this.#boots.add(this.#reader.isPostedOnly(tracked.machine) ? age : Math.min(verdict.bootMs, age));
  }

  /** Asks for EC2's status checks of the machines whose time is up. */
  async #checked(due: readonly Tracked[]): Promise<{
    readonly impaired: ReadonlySet<InstanceId>;
    readonly events: WatchEvent[];
  }> {
    const { ec2, notices } = this.#tools;
    const late = due.filter((tracked) => tracked.finalSince !== undefined && !isGone(tracked));
    const ids = late
      .filter(({ runningSince }) => runningSince !== undefined)
      .map(({ machine }) => machine.instanceId);
    if (ids.length === 0) return { impaired: new Set(), events: [] };
    try {
      const checks = (await ec2.statusChecks(ids)).filter(({ impaired }) => impaired);
      return { impaired: new Set(checks.map(({ instanceId }) => instanceId)), events: [] };
    } catch (error) {
      // They only make a reason clearer: a caller who may not read them still gets the verdict.
      if (!(error instanceof AwsError)) throw error;
      const events = notices.once(`EC2's status checks could not be read: ${error.message}`);
      return { impaired: new Set(), events };
    }
  }

  /** Reads one machine's console and judges it. */
  async #look(tracked: Tracked, impaired: ReadonlySet<InstanceId>): Promise<WatchEvent[]> {
    const { clock, requests, machines, limits, readings, unproved, decide } = this.#tools;
    tracked.readAt = clock.monotonic();
    const answer = await requests.attempt(() => this.#read(tracked));
    const now = machines.moment;
    const troubled = 'failed' in answer ? answer.failed : [];
    // Another channel was quicker.
    if (tracked.verdict !== undefined) return troubled;
    const failed = 'failed' in answer ? answer.error : undefined;
    if (failed === undefined) tracked.looks += 1;
    const reading = readings.of(tracked);
    const ending = {
      now,
      limits,
      failed,
      impaired: impaired.has(tracked.machine.instanceId),
      postedOnly: this.#reader.isPostedOnly(tracked.machine),
      vanished: machines.hasVanished(tracked),
      unproved: unproved(tracked),
    };
    const verdict =
      verdictNow(tracked, reading, now, this.#okGraceMs(ending)) ?? verdictAtEnd(tracked, reading, ending);
    const events = [...troubled, ...news(tracked, now.wall)];
    return verdict === undefined ? events : [...events, ...decide(tracked, verdict)];
  }

  /** Where consoles are read at every tick anyhow, two more looks may show that the kernel or cloud-init contradicts. */
  #okGraceMs({ postedOnly, failed }: { readonly postedOnly: boolean; readonly failed: unknown }): number {
    const { machines, tickMs } = this.#tools;
    if (postedOnly || failed !== undefined || !isSmall(machines.fleet)) return 0;
    return OK_GRACE_TICKS * tickMs;
  }

  async #read(tracked: Tracked): Promise<void> {
    const { clock, readings } = this.#tools;
    const { machine, finalSince } = tracked;
    const reading = await readings.settled(tracked);
    const snapshots = await (finalSince === undefined
      ? this.#reader.newest(machine)
      : this.#reader.both(machine));
    for (const snapshot of snapshots) {
      const before = tracked.text.stitch;
      tracked.text = readSnapshot(tracked.text, snapshot, reading);
      if (tracked.text.stitch.known !== before.known) tracked.changedAt = clock.monotonic();
    }
  }
}
