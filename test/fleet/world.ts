import type { Role } from '../../src/catalogue/role.ts';
import { FleetBook } from '../../src/fleet/book.ts';
import type { FleetEvent, FleetStreamEvent } from '../../src/fleet/events.ts';
import type { Member } from '../../src/fleet/members.ts';
import { replaceFleet } from '../../src/fleet/replace.ts';
import type { Replaced } from '../../src/fleet/replacement.ts';
import { scaleFleet } from '../../src/fleet/scale.ts';
import { type Doomed, terminateFleet } from '../../src/fleet/terminate.ts';
import type { FleetPlan, FleetTools, Rules } from '../../src/fleet/tools.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import { hashTag } from '../../src/launch/request.ts';
import type { InstanceId, LaunchId, Machine, Outcome } from '../../src/model.ts';
import { MemoryEc2, VirtualClock } from '../launch/memory-ec2.ts';
import { hashOf, payload, role } from '../launch/roles.ts';

export const RULES: Rules = {
  wave: { percent: 100 },
  canary: true,
  maxFailures: 0,
  onFailure: 'keep',
  policy: 'oldest',
};

export const KEY = 'fleets/us-east-1/shop/memcached/prod/b.json';

/** An EC2, records and boots that end as a test says, for runs of fleet commands that may be killed. */
export class World {
  readonly clock = new VirtualClock();
  readonly ec2 = new MemoryEc2(this.clock);
  readonly records: LaunchRecords = memoryRecords(this.clock);
  /** How the boot of a machine ends. */
  boots: (machine: Machine) => Outcome = () => 'succeeded';
  #processes = 0;
  readonly alive = new Set<number>();

  /** One process: dead once `step` throws. */
  async open(
    verb: string,
    launch: string,
    step: () => void = () => undefined,
    pause: () => Promise<void> = async () => undefined,
  ) {
    this.#processes += 1;
    const pid = this.#processes;
    this.alive.add(pid);
    const records = pausing(stepping(this.records, step), pause, ['create', 'replace']);
    const book = await FleetBook.open({
      records,
      key: KEY,
      holder: { id: `p${pid}`, by: 'test@host', host: 'host', pid, verb, launch, since: 'now' },
      // Its beat would let the clock run.
      clock: {
        now: this.clock.now,
        monotonic: this.clock.monotonic,
        sleep: () => new Promise(() => undefined),
      },
      waitMs: 0,
      isAlive: (each) => this.alive.has(each),
    });
    return { book, records, pid };
  }

  plan(launch: string, count: number, { rules = {}, of = role(), build }: Options, pid = 0): FleetPlan {
    const own = payload(pid.toString(16).padStart(32, '0'));
    return {
      launch: {
        launch: launch as LaunchId,
        role: of,
        settingsHash: hashOf(of),
        payload: async () => own,
        count,
        ...(build !== undefined && {
          build: { app: 'shop', tag: build, sha256: build, commit: 'c', createdAt: 0 } as never,
        }),
      },
      wanted: { ami: of.ami, settings: hashTag(hashOf(of)), build },
      rules: { ...RULES, ...rules },
    };
  }

  async scale(launch: string, count: number, options: Options = {}): Promise<FleetStreamEvent[]> {
    return await this.#run('scale', launch, count, options, scaleFleet);
  }

  /** A launch of its own into the fleet, whose machines prove their boot. */
  async launch(launch: string, count: number): Promise<void> {
    const tools = { ec2: this.ec2.port(() => undefined), records: this.records, clock: this.clock };
    for await (const event of launchMachines(this.plan(launch, count, {}).launch, tools))
      if (event.type === 'batch-launched')
        for (const { instanceId } of event.machines)
          this.ec2.setTags(instanceId, { 'rolecall:verdict': 'succeeded' });
  }

  async replace(
    launch: string,
    options: Options & { which?: Replaced; allowShrink?: boolean } = {},
  ): Promise<FleetStreamEvent[]> {
    const { which = 'stale', allowShrink = false } = options;
    return await this.#run('replace', launch, 1, options, (plan, tools) =>
      replaceFleet(plan, { which, allowShrink }, tools),
    );
  }

  /** The fleet's recorded target, as another run finds it. */
  async setTarget(size: number): Promise<void> {
    const { book, pid } = await this.open('scale', '-');
    await book.setTarget(size);
    await book.close();
    this.alive.delete(pid);
  }

  /** Ends machines of the fleet. */
  async terminate(doomed: Doomed = {}, options: Pick<Options, 'agreed'> = {}): Promise<FleetEvent[]> {
    const { book, records, pid } = await this.open('terminate', '-');
    const tools = {
      ec2: this.ec2.port(() => undefined),
      records,
      clock: this.clock,
      book,
      agreed: async (members: readonly Member[]) => options.agreed?.(members.length) ?? true,
    };
    const events: FleetEvent[] = [];
    for await (const event of terminateFleet(role(), doomed, tools)) events.push(event);
    await book.close();
    this.alive.delete(pid);
    return events;
  }

  async #run(
    verb: string,
    launch: string,
    count: number,
    options: Options,
    command: (plan: FleetPlan, tools: FleetTools) => AsyncGenerator<FleetStreamEvent>,
  ): Promise<FleetStreamEvent[]> {
    const step = options.step ?? (() => undefined);
    const pause = options.pause ?? (async () => undefined);
    const { book, records, pid } = await this.open(verb, launch, step, pause).catch((error: unknown) => {
      this.alive.clear();
      throw error;
    });
    const plan = this.plan(launch, count, options, pid);
    const judged = async (ids: readonly InstanceId[]) => {
      step();
      const outcomes = new Map(
        ids.map((id) => {
          const machine = this.ec2.machines.get(id)?.machine;
          return [id, machine === undefined ? 'lost' : this.boots(machine)] as const;
        }),
      );
      for (const [id, outcome] of outcomes) {
        step();
        this.ec2.setTags(id, { 'rolecall:verdict': outcome });
      }
      return outcomes;
    };
    const tools: FleetTools = {
      ec2: pausing(this.ec2.port(step), pause, ['runInstances', 'terminate', 'machinesWithTags']),
      records,
      clock: this.clock,
      maxBatch: 3,
      ledger: book,
      book,
      planOf: (other) => ({ ...plan.launch, launch: other }),
      proofs: judged,
      ...(options.signal !== undefined && { signal: options.signal }),
      judge: (machines) => options.judge?.() ?? judged(machines.map(({ instanceId }) => instanceId)),
      agreed: async (members) => options.agreed?.(members.length) ?? true,
    };
    const events: FleetStreamEvent[] = [];
    try {
      for await (const event of command(plan, tools)) events.push(event);
      await book.close();
    } finally {
      this.alive.delete(pid);
    }
    return events;
  }

  /** Living machines and how they did, `succeeded` and so on, `none` where nobody knows. */
  standing(): string[] {
    return this.ec2
      .living()
      .map(({ tags }) => tags['rolecall:verdict'] ?? 'none')
      .sort();
  }
}

interface Options {
  readonly rules?: Partial<Rules>;
  readonly of?: Role;
  readonly build?: string;
  /** Throws when the process is to die. */
  readonly step?: () => void;
  /** Awaited around the process's requests: it may sleep there. */
  readonly pause?: () => Promise<void>;
  readonly agreed?: (count: number) => boolean;
  readonly signal?: AbortSignal;
  /** How machines of earlier launches are judged, where not by `boots`. */
  readonly judge?: () => Promise<ReadonlyMap<InstanceId, Outcome>>;
}

/** A chance to sleep before and after each of these calls. */
function pausing<T extends object>(port: T, pause: () => Promise<void>, names: readonly (keyof T)[]): T {
  const paused = names.map((name) => {
    const work = port[name] as (...args: readonly unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: readonly unknown[]) => {
        await pause();
        const result = await work(...args);
        await pause();
        return result;
      },
    ];
  });
  return { ...port, ...Object.fromEntries(paused) };
}

/** A step before and after each write. */
function stepping(records: LaunchRecords, step: () => void): LaunchRecords {
  const stepped =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      step();
      const result = await work(...args);
      step();
      return result;
    };
  return { ...records, create: stepped(records.create), replace: stepped(records.replace) };
}
