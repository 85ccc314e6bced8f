/** Reads consoles in both of EC2's modes, and remembers which instance types can't answer in the newer one. */
import type { ConsoleSnapshot, Ec2 } from '../../../aws/ports.ts';
import { AwsError } from '../../../errors.ts';
import type { Machine } from '../../../model.ts';

/** The posted buffer changes a few times in a machine's life: asking for it more often than this is waste. */
export const POSTED_EVERY_MS = 5_000;

export class ConsoleReader {
  readonly #ec2: Pick<Ec2, 'consoleOutput'>;
  /** Types that answered `latest` with UnsupportedOperation (they are not Nitro). */
  readonly #postedOnly = new Set<string>();

  constructor(ec2: Pick<Ec2, 'consoleOutput'>) {
    this.#ec2 = ec2;
  }

  /** Whether this machine's type is known to answer with the posted buffer only. */
  isPostedOnly(machine: Machine): boolean {
    return this.#postedOnly.has(machine.instanceType);
  }

  /** The newest that EC2 can give at once. @throws AwsError */
  async newest(machine: Machine): Promise<ConsoleSnapshot[]> {
    if (!this.isPostedOnly(machine)) {
      const latest = await this.#read(machine, 'latest');
      if (latest !== undefined) return [latest];
      this.#postedOnly.add(machine.instanceType);
    }
    return present(await this.#read(machine, 'posted'));
  }

  /**
   * Both modes, the older first: after a machine's end either may hold what the other lacks.
   * @throws AwsError
   */
  async both(machine: Machine): Promise<ConsoleSnapshot[]> {
    const posted = present(await this.#read(machine, 'posted'));
    if (this.isPostedOnly(machine)) return posted;
    const latest = await this.#read(machine, 'latest');
    if (latest === undefined) this.#postedOnly.add(machine.instanceType);
    return [...posted, ...present(latest)];
  }

  /** A machine that EC2 does not know yet (or any more) has nothing on its console. */
  async #read(machine: Machine, mode: 'latest' | 'posted'): Promise<ConsoleSnapshot | undefined> {
    try {
      return await this.#ec2.consoleOutput(machine.instanceId, mode);
    } catch (error) {
      if (error instanceof AwsError && error.kind === 'not-found') return { text: '' };
      throw error;
    }
  }
}

const present = (snapshot: ConsoleSnapshot | undefined): ConsoleSnapshot[] =>
  snapshot === undefined ? [] : [snapshot];
