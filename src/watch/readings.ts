import type { Machine, Nonce } from '../model.ts';
import type { Reading } from './facts.ts';
import { Nonces } from './nonce.ts';
import type { Plan } from './plan.ts';
import type { Tracked } from './tracked.ts';

/** What is looked for in the words of each machine. Its nonce is known, or recovered from the user data. */
export class Readings {
  readonly #plan: Plan;
  readonly #nonces: Nonces;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#nonces = new Nonces(plan.ec2, plan.launch);
  }

  /** As long as nothing is known of the nonce, no marker can be believed. */
  of({ machine, reading }: Tracked): Reading {
    return reading ?? this.with(machine);
  }

  with({ instanceId }: Machine, nonce?: Nonce): Reading {
    const { launch, mask, success, failure } = this.#plan;
    return { launch, instanceId, nonce, mask, success, failure };
  }

  /** @returns undefined where the nonce would have to be recovered first */
  known(tracked: Tracked): Reading | undefined {
    const nonce = this.#nonces.known(tracked.machine);
    if (nonce !== undefined) tracked.reading ??= this.with(tracked.machine, nonce);
    return tracked.reading;
  }

  /** Recovers the nonce where it isn't known. @throws AwsError */
  async settled(tracked: Tracked): Promise<Reading> {
    tracked.reading ??= this.with(tracked.machine, await this.#nonces.of(tracked.machine));
    return tracked.reading;
  }
}
