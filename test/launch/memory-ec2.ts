import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { Ec2 } from '../../src/aws/ports.ts';
import type { Clock } from '../../src/clock.ts';
import { AwsError } from '../../src/errors.ts';
import type { InstanceId, Machine } from '../../src/model.ts';

/** A clock whose time passes only by sleeping, so that a minute's wait for EC2 costs nothing. */
export class VirtualClock implements Clock {
  #now = Date.UTC(2026, 10, 21, 21, 51, 40);
  /** How far the wall clock was stepped, milliseconds. */
  wallStepMs = 0;
  now = (): number => this.#now + this.wallStepMs;
  // Another origin than the wall clock's: whoever confuses the two is found out.
  monotonic = (): number => this.#now - Date.UTC(2026, 10, 21);
  sleep = async (ms: number): Promise<void> => {
    this.#now += ms;
  };
  pass(ms: number): void {
    this.#now += ms;
  }
}

interface Stored {
  machine: Machine;
  readonly token: string;
  readonly visibleFrom: number;
  readonly userData: string;
}

/**
 * EC2's rules on tokens, capacity and late consistency by which a launch must come right, in memory: a property test
 * can then crash a launch at every one of its steps, thousands of times. launch.cloud.test.ts runs the same over HTTP.
 */
export class MemoryEc2 {
  readonly machines = new Map<InstanceId, Stored>();
  /** Requests that reached EC2, accepted or not, by operation. */
  readonly requests: string[] = [];
  /** Machines that may live at once. */
  capacity = Number.POSITIVE_INFINITY;
  /** Every request for machines names something that isn't there. */
  invalid = false;
  /** So many requests for machines are refused, as after a permission was taken away. */
  denied = 0;
  /** Those were carried out before: only the first answer was lost. */
  lost = false;
  /** The same in one zone, for one type, on one market; a request without a zone goes to us-east-1a. */
  capacityOf: (zone: string, type: string, market: 'spot' | 'on-demand') => number = () =>
    Number.POSITIVE_INFINITY;
  /** How late the nth machine shows up in descriptions, milliseconds. */
  lateness: (serial: number) => number = () => 0;
  /** Machines whose end an answer neither names nor brings about. */
  readonly deaf = new Set<InstanceId>();
  /** Told of each TerminateInstances before it is carried out. */
  onTerminate: (ids: readonly InstanceId[]) => void = () => undefined;
  readonly #tokens = new Map<string, { fingerprint: string; ids: InstanceId[] }>();
  readonly #clock: Clock;
  #serial = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  living(): Machine[] {
    return [...this.machines.values()]
      .map(({ machine }) => machine)
      .filter(({ state }) => state !== 'terminated');
  }

  /** The living machines that descriptions show by now. */
  shown(): Machine[] {
    const living = this.living();
    return living.filter(
      ({ instanceId }) => (this.machines.get(instanceId)?.visibleFrom ?? 0) <= this.#clock.now(),
    );
  }

  terminate(id: InstanceId): void {
    const stored = this.machines.get(id);
    if (stored) stored.machine = { ...stored.machine, state: 'terminated' };
  }

  /** A machine that somebody else has launched. */
  add(machine: Machine): InstanceId {
    const instanceId = `i-${(0xf000 + this.#serial).toString(16).padStart(17, '0')}` as InstanceId;
    this.#serial += 1;
    this.machines.set(instanceId, {
      machine: { ...machine, instanceId },
      token: '',
      visibleFrom: 0,
      userData: '',
    });
    return instanceId;
  }

  setTags(id: InstanceId, tags: Readonly<Record<string, string>>): void {
    const stored = this.machines.get(id);
    if (stored) stored.machine = { ...stored.machine, tags: { ...stored.machine.tags, ...tags } };
  }

  /** EC2 forgets terminated machines. */
  forget(): void {
    for (const [id, { machine }] of this.machines)
      if (machine.state === 'terminated') this.machines.delete(id);
  }

  /** The port. `step` is called before every request and, for RunInstances, once more before the answer. */
  port(step: () => void): Ec2 {
    const shown = (wanted: (stored: Stored) => boolean) => {
      step();
      this.requests.push('DescribeInstances');
      const now = this.#clock.now();
      return [...this.machines.values()]
        .filter((each) => each.visibleFrom <= now && wanted(each))
        .map((each) => each.machine);
    };
    const unused = () => Promise.reject(new Error('the launch stage has no use for this'));
    return {
      runInstances: async (request) => {
        step();
        this.requests.push('RunInstances');
        const machines = this.denied > 0 ? this.#deny(request) : this.#run(request);
        step();
        return machines;
      },
      launchEtaMs: () => 0,
      machinesOfLaunch: async (launch) => shown(({ machine }) => machine.tags['rolecall:launch'] === launch),
      machinesOfToken: async (token) => shown((stored) => stored.token === token),
      machinesWithTags: async (tags) =>
        shown(({ machine }) => Object.entries(tags).every(([tag, value]) => machine.tags[tag] === value)),
      terminate: async (ids) => {
        step();
        this.requests.push('TerminateInstances');
        this.onTerminate(ids);
        const known = ids.filter((id) => this.machines.has(id) && !this.deaf.has(id));
        for (const id of known) this.terminate(id);
        step();
        return known;
      },
      stop: unused,
      machine: async (id) => shown(({ machine }) => machine.instanceId === id)[0],
      statusChecks: unused,
      consoleOutput: unused,
      userData: async (id) => {
        step();
        this.requests.push('DescribeInstanceAttribute');
        return this.machines.get(id)?.userData;
      },
      tag: unused,
    };
  }

  #deny(request: RunInstancesCommandInput): never {
    this.denied -= 1;
    if (this.lost) this.#run(request);
    const details = {
      kind: 'permission',
      code: 'UnauthorizedOperation',
      afterLostAnswer: this.lost,
    } as const;
    throw new AwsError('not authorized', details);
  }

  #run(request: RunInstancesCommandInput): Machine[] {
    const token = request.ClientToken ?? '';
    const fingerprint = JSON.stringify(request);
    const earlier = this.#tokens.get(token);
    if (earlier) return this.#again(earlier, fingerprint);
    if (this.invalid)
      throw new AwsError('no such subnet', { kind: 'invalid', code: 'InvalidSubnetID.NotFound' });
    const zone = request.Placement?.AvailabilityZone ?? 'us-east-1a';
    const type = request.InstanceType ?? '';
    const market = request.InstanceMarketOptions?.MarketType === 'spot' ? 'spot' : 'on-demand';
    const there = this.living().filter((each) => each.zone === zone && each.instanceType === type);
    const count = Math.min(
      request.MaxCount ?? 0,
      this.capacity - this.living().length,
      this.capacityOf(zone, type, market) - there.length,
    );
    if (count < 1)
      throw new AwsError('no capacity', { kind: 'capacity', code: 'InsufficientInstanceCapacity' });
    const ids = Array.from({ length: count }, (_, index) => this.#create(request, token, index));
    this.#tokens.set(token, { fingerprint, ids });
    return ids.flatMap((id) => this.machines.get(id)?.machine ?? []);
  }

  #again(earlier: { fingerprint: string; ids: InstanceId[] }, fingerprint: string): Machine[] {
    if (earlier.fingerprint !== fingerprint) {
      throw new AwsError('other parameters', { kind: 'idempotency', code: 'IdempotentParameterMismatch' });
    }
    const machines = earlier.ids.flatMap((id) => this.machines.get(id)?.machine ?? []);
    if (machines.every(({ state }) => state === 'terminated')) {
      throw new AwsError('terminated', { kind: 'idempotency', code: 'IdempotentInstanceTerminated' });
    }
    return machines;
  }

  #create(request: RunInstancesCommandInput, token: string, launchIndex: number): InstanceId {
    const serial = this.#serial;
    this.#serial += 1;
    const instanceId = `i-${serial.toString(16).padStart(17, '0')}` as InstanceId;
    const tags =
      request.TagSpecifications?.find(({ ResourceType }) => ResourceType === 'instance')?.Tags ?? [];
    const machine: Machine = {
      instanceId,
      state: 'pending',
      zone: request.Placement?.AvailabilityZone ?? 'us-east-1a',
      instanceType: request.InstanceType ?? '',
      ...(request.ImageId !== undefined && { imageId: request.ImageId }),
      clientToken: token,
      launchIndex,
      launchedAt: this.#clock.now(),
      tags: Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    };
    this.machines.set(instanceId, {
      machine,
      token,
      visibleFrom: this.#clock.now() + this.lateness(serial),
      userData: Buffer.from(request.UserData ?? '', 'base64').toString(),
    });
    return instanceId;
  }
}
