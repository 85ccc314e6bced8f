import { InterruptedError } from '../errors.ts';
import type { InstanceId, Outcome } from '../model.ts';
import type { ReportedEvent } from '../results/events.ts';

interface Waiting {
  readonly ids: readonly InstanceId[];
  readonly resolve: (outcomes: ReadonlyMap<InstanceId, Outcome>) => void;
  readonly reject: (error: unknown) => void;
}

/** Carries verdicts from the watching to the launching that waits for them. */
export class Scoreboard {
  readonly #outcomes = new Map<InstanceId, Outcome>();
  #waiting: readonly Waiting[] = [];
  #ended: unknown;

  /** Takes in a verdict; other events are nothing to it. */
  note(event: ReportedEvent): void {
    if (event.type !== 'verdict') return;
    this.#outcomes.set(event.machine.instanceId, event.verdict.outcome);
    const ready = this.#waiting.filter((each) => this.#isKnown(each));
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const each of ready) each.resolve(this.#of(each.ids));
  }

  /** Nobody watches any more: whoever waits, or will, is told why. */
  end(reason: unknown): void {
    this.#ended ??= reason ?? new InterruptedError('stopped watching before every machine had its verdict');
    for (const each of this.#waiting) each.reject(this.#ended);
    this.#waiting = [];
  }

  /** The verdicts of these machines, once all are known. @throws what `end` was told */
  all(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, Outcome>> {
    if (ids.every((id) => this.#outcomes.has(id))) return Promise.resolve(this.#of(ids));
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = [...this.#waiting, { ids, resolve, reject }];
    });
  }

  #isKnown({ ids }: Waiting): boolean {
    return ids.every((id) => this.#outcomes.has(id));
  }

  #of(ids: readonly InstanceId[]): ReadonlyMap<InstanceId, Outcome> {
    return new Map(
      ids.flatMap((id) => {
        const outcome = this.#outcomes.get(id);
        return outcome === undefined ? [] : [[id, outcome] as const];
      }),
    );
  }
}
