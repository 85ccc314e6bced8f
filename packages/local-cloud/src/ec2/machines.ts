import type { Duplex } from 'node:stream';
import { Agenda } from '../agenda.ts';
import type { Box, BoxDriver, BoxServices } from '../box.ts';
import type { Clock } from '../clock.ts';
import { type Faults, type PowerFault, strikes } from '../faults.ts';
import type { Settings } from '../settings.ts';
import { boxSpec } from './box-spec.ts';
import { type Room, roomFor } from './capacity.ts';
import type { Instance } from './instance.ts';
import { advance, isUp, type LifeEvent } from './lifecycle.ts';
import { PowerFaults } from './power-faults.ts';
import { Tasks } from './tasks.ts';

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
  readonly #tasks = new Tasks();
  readonly #agenda: Agenda;
  readonly #powerFaults = new Map<string, PowerFaults>();
  /** Machines whose power was cut, and when it comes back (milliseconds). */
  readonly #dark = new Map<string, number>();
  /** Faults that strike machines of which the box is just being made. */
  readonly #early = new Map<string, PowerFault>();
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
    const strike = (fault: PowerFault) => this.#strike(machine, fault);
    this.#powerFaults.set(machine.spec.id, new PowerFaults(this.#parts.faults, machine, strike));
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
    await this.#tasks.settled();
    this.#parts.driver.close?.();
  }

  /** From acceptance, or a start, to the end, whatever ends it. Never rejects. */
  async #live(machine: Instance): Promise<void> {
    this.#apply(machine, await this.#untilOff(machine));
    await this.#sleep(this.#parts.settings.endingMs);
    this.#apply(machine, { kind: 'gone' });
    if (machine.life.state === 'terminated') {
      this.#parts.driver.forget?.(machine.spec.id);
      this.#powerFaults.delete(machine.spec.id);
    }
    this.#run(this.#postConsole(machine));
  }

  /** Boots a machine, again as often as its power comes back after a cut. @returns what its end means */
  async #untilOff(machine: Instance): Promise<LifeEvent> {
    const { id, launchedAt, shutdownBehaviour: behaviour } = machine.spec;
    // A machine that has booted once has a disk, whether it boots again or not.
    let hasDisk = machine.startedAt !== launchedAt;
    for (;;) {
      const box = await this.#boot(machine);
      const { reason } = box === undefined ? CRASHED : await this.#follow(machine, box);
      hasDisk ||= box !== undefined;
      this.#boxes.delete(id);
      machine.pid = undefined;
      const offMs = this.#dark.get(id);
      this.#dark.delete(id);
      if (offMs !== undefined) await this.#sleep(offMs);
      if (offMs !== undefined && isUp(machine.life) && !this.#closing) continue;
      if (reason === 'shutdown') return { kind: 'shut-down', behaviour };
      return { kind: 'crashed', stays: this.keepDisks && hasDisk };
    }
  }

  /** Takes the power from a machine, or resets it, where it has any. */
  #strike(machine: Instance, fault: PowerFault): void {
    const box = this.#boxes.get(machine.spec.id);
    if (box === undefined) return void this.#early.set(machine.spec.id, fault);
    if (box.power === undefined || this.#closing) return;
    const { kind, offMs } = fault;
    if (kind === 'reset') return void this.#run(box.power.reset());
    if (offMs !== undefined) this.#dark.set(machine.spec.id, offMs);
    this.#run(box.stop());
  }

  async #boot(machine: Instance): Promise<Box | undefined> {
    try {
      const { driver, faults, services } = this.#parts;
      const powerFaults = this.#powerFaults.get(machine.spec.id);
      const boot = driver.boot(boxSpec(machine, services(machine), faults), (chunk) => {
        machine.console.append(chunk);
        powerFaults?.onConsole(chunk);
      });
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
    const early = this.#early.get(machine.spec.id);
    this.#early.delete(machine.spec.id);
    if (early !== undefined) this.#strike(machine, early);
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
      this.#later(machineDies.afterMs, machine, () => {
        this.#apply(machine, { kind: 'crashed' });
        this.#run(box.stop());
      });
    for (const fault of this.#powerFaults.get(machine.spec.id)?.takeTimed() ?? [])
      this.#later(fault.afterMs ?? 0, machine, () => this.#strike(machine, fault));
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
    this.#tasks.add(task);
  }
}
