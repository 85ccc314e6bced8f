import type { Faults, PowerFault } from '../faults.ts';
import { isStruck } from '../struck.ts';
import type { Instance } from './instance.ts';

/** Characters of the newest console among which a text is looked for. */
const TAIL = 4096;

/** The power faults that strike one machine, each once. */
export class PowerFaults {
  readonly #left: PowerFault[];
  readonly #strike: (fault: PowerFault) => void;
  #tail = '';

  constructor({ power = [], seed }: Faults, { spec }: Instance, strike: (fault: PowerFault) => void) {
    this.#left = power.filter((fault, index) => isStruck(fault, seed, `power ${index}`, spec));
    this.#strike = strike;
  }

  /** The machine is running: those that strike after a time, which come once. */
  takeTimed(): PowerFault[] {
    return this.#left.filter((fault) => fault.afterMs !== undefined && this.#take(fault));
  }

  /** The machine has written something. */
  onConsole(chunk: Buffer): void {
    if (this.#left.length === 0) return;
    this.#tail += chunk.toString('latin1');
    for (const fault of [...this.#left])
      if (
        fault.whenConsole !== undefined &&
        this.#tail.includes(latin1(fault.whenConsole)) &&
        this.#take(fault)
      )
        this.#strike(fault);
    this.#tail = this.#tail.slice(-TAIL);
  }

  #take(fault: PowerFault): boolean {
    const at = this.#left.indexOf(fault);
    if (at >= 0) this.#left.splice(at, 1);
    return at >= 0;
  }
}

/** A text as its UTF-8 bytes look in a console that is read byte by byte. */
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
