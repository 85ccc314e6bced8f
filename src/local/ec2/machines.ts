import type { Duplex } from 'node:stream';
import type { Clock } from '../../io/clock.ts';
import { Agenda } from '../agenda.ts';
import type { Box, BoxDriver, BoxServices, BoxSpec } from '../box.ts';
import { type Faults, strikes } from '../faults.ts';
import type { Settings } from '../settings.ts';
import { type Room, roomFor } from './capacity.ts';
import type { Instance } from './instance.ts';
import { advance, isUp, type LifeEvent } from './lifecycle.ts';

interface Parts {
  readonly driver: BoxDriver;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly faults: Faults;
  /** What a machine finds inside. */
  readonly services: (machine: Instance) => BoxServices;
}

const CRASHED = { reason: 'crashed' } as const;

/** Every machine of the cloud, and the tasks that run their boxes. */
export class Machines {
  readonly #parts: Parts;
  readonly #all = new Map<string, Instance>();
  readonly #boxes = new Map<string, Box>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #agenda: Agenda;
  #closing = false;
  #ordinal = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#agenda = new Agenda(parts.clock);
  }

  /** How many machines were launched before the one that asks. */
  nextOrdinal(): number {
    this.#ordinal += 1;
    return this.#ordinal - 1;
  }

  /** All machines in the order of their launch; terminated ones for `forgetTerminatedMs`. */
  list(): Instance[] {
    for (const machine of this.#all.values())
      if (this.#isForgotten(machine)) this.#all.delete(machine.spec.id);
    return [...this.#all.values()];
  }

  /** One machine that is still known. */
  get(id: string): Instance | undefined {
    const machine = this.#all.get(id);
    return machine === undefined || this.#isForgotten(machine) ? undefined : machine;
  }

  #isForgotten({ life }: Instance): boolean {
    const oldest = this.#parts.clock.now() - this.#parts.settings.forgetTerminatedMs;
    return life.state === 'terminated' && life.since < oldest;
  }

  /** Whether late consistency still hides the machine. */
  isHidden(machine: Instance): boolean {
    const visibleFrom = machine.spec.launchedAt + (this.#parts.faults.invisibleMs ?? 0);
    return this.#parts.clock.now() < visibleFrom;
  }

  /** Takes a machine in and boots it. */
  start(machine: Instance): void {
    this.#all.set(machine.spec.id, machine);
    this.#run(this.#live(machine));
  }

  /** Whether machines keep their disks while they are stopped. */
  get keepDisks(): boolean {
    return this.#parts.driver.keepsDisks === true;
  }

  /** The room that this computer has for more of them. */
  get room(): Room {
    return roomFor(this.#parts.driver.capacity, this.list());
  }

  /**
   * Begins to terminate a machine, or to stop it; a second call changes nothing, unless it is to be at once.
   * @param atOnce without a shutdown of the machine's own system
   */
  end(machine: Instance, kind: 'terminate' | 'stop' | 'interrupted', atOnce = false): void {
    const before = machine.life;
    this.#apply(machine, { kind });
    if (machine.life === before && !atOnce) return;
    if (machine.life.state === 'terminated') return void this.#parts.driver.forget?.(machine.spec.id);
    // A box that is still being made is stopped by its own task as soon as it stands.
    const box = this.#boxes.get(machine.spec.id);
    if (box === undefined) return;
    this.#run(atOnce || !box.power ? box.stop() : box.power.shutDown(this.#parts.settings.shutdownMs));
  }

  /** Boots a stopped machine again, from its own disk; changes nothing for any other. */
  restart(machine: Instance): void {
    if (machine.life.state !== 'stopped') return;
    this.#apply(machine, { kind: 'start' });
    machine.startedAt = machine.life.since;
    this.#run(this.#live(machine));
  }

  /** Lets a client run a command in a machine, as `Box.exec`; undefined where the machine is not up, or can't be entered so. */
  exec(machine: Instance, client: Duplex): boolean | undefined {
    return this.#boxes.get(machine.spec.id)?.exec?.(client);
  }

  /** Lets a machine's system shut down and start again; the machine stays running. */
  reboot(machine: Instance): void {
    const power = this.#boxes.get(machine.spec.id)?.power;
    if (power !== undefined) this.#run(power.reboot(this.#parts.settings.rebootMs));
  }

  /** Stops every box; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#agenda.close();
    await Promise.allSettled([...this.#boxes.values()].map((box) => box.stop()));
    while (this.#tasks.size > 0) await Promise.allSettled([...this.#tasks]);
    this.#parts.driver.close?.();
  }

  /** From acceptance to the end, whatever ends it. Never rejects. */
  async #live(machine: Instance): Promise<void> {
    const box = await this.#boot(machine);
    const { reason } = box === undefined ? CRASHED : await this.#follow(machine, box);
    this.#boxes.delete(machine.spec.id);
    machine.pid = undefined;
    this.#apply(
      machine,
      reason === 'shutdown'
        ? { kind: 'shut-down', behaviour: machine.spec.shutdownBehaviour }
        : { kind: 'crashed', stays: this.keepDisks && box !== undefined },
    );
    await this.#sleep(this.#parts.settings.endingMs);
    this.#apply(machine, { kind: 'gone' });
    if (machine.life.state === 'terminated') this.#parts.driver.forget?.(machine.spec.id);
    this.#run(this.#postConsole(machine));
  }

  async #boot(machine: Instance): Promise<Box | undefined> {
    try {
      const spec = boxSpec(machine, this.#parts.services(machine));
      const boot = this.#parts.driver.boot(spec, (chunk) => machine.console.append(chunk));
      const [box] = await Promise.all([boot, this.#sleep(this.#parts.settings.pendingMs)]);
      return box;
    } catch (error) {
      // The operator reads this where a real machine would tell of its boot: on the console.
      const why = error instanceof Error ? error.message : String(error);
      machine.console.append(Buffer.from(`rolecall local cloud: the box could not be made: ${why}\n`));
      return undefined;
    }
  }

  async #follow(machine: Instance, box: Box): Promise<Awaited<Box['ended']>> {
    this.#boxes.set(machine.spec.id, box);
    machine.pid = box.pid;
    if (isUp(machine.life) && !this.#closing) await Promise.race([box.running, box.ended]);
    // It may have been terminated while it was being made, and so may the cloud.
    if (!isUp(machine.life) || this.#closing) await box.stop();
    const left = await Promise.race([box.ended, undefined]);
    if (left !== undefined) return left;
    this.#apply(machine, { kind: 'started' });
    this.#watchOver(machine, box);
    return box.ended;
  }

  #watchOver(machine: Instance, box: Box): void {
    this.#run(this.#postConsole(machine));
    const { faults } = this.#parts;
    const { machineDies, spotInterruptions } = faults;
    if (machineDies !== undefined && strikes(faults, 'machineDies', machine.spec))
      this.#later(machineDies.afterMs, machine, () => this.#run(box.stop()));
    if (spotInterruptions === undefined || !machine.spec.spot) return;
    if (!strikes(faults, 'spotInterruptions', machine.spec)) return;
    this.#later(spotInterruptions.afterMs, machine, () => this.end(machine, 'interrupted'));
  }

  #later(ms: number, machine: Instance, act: () => void): void {
    this.#agenda.after(ms, () => {
      if (machine.life.state === 'running' && !this.#closing) act();
    });
  }

  async #postConsole(machine: Instance): Promise<void> {
    await this.#sleep(this.#parts.settings.postedConsoleMs);
    machine.posted = { bytes: machine.console.snapshot(), at: this.#parts.clock.now() };
  }

  #apply(machine: Instance, event: LifeEvent): void {
    machine.life = advance(machine.life, event, this.#parts.clock.now());
  }

  #sleep(ms: number): Promise<void> {
    return this.#agenda.sleep(ms);
  }

  #run(task: Promise<unknown>): void {
    const settled = task.then(
      () => undefined,
      () => undefined,
    );
    this.#tasks.add(settled);
    void settled.then(() => this.#tasks.delete(settled));
  }
}

function boxSpec({ spec, tags }: Instance, services: BoxServices): BoxSpec {
  const role = spec.instanceProfile?.split('/').at(-1);
  return {
    instanceId: spec.id,
    amiId: spec.imageId,
    amiLaunchIndex: spec.launchIndex,
    instanceType: spec.instanceType,
    region: spec.region,
    zone: spec.zone,
    privateIp: spec.privateIp,
    ...(role === undefined ? {} : { instanceProfile: role }),
    ...(spec.userData === undefined ? {} : { userData: spec.userData }),
    httpTokens: spec.metadata.httpTokens,
    tags,
    services,
  };
}
