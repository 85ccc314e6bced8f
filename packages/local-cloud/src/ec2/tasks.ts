/** Tasks that run beside each other; a failure of one matters to nobody else. */
export class Tasks {
  readonly #open = new Set<Promise<void>>();

  add(task: Promise<unknown>): void {
    const settled = task.then(
      () => undefined,
      () => undefined,
    );
    this.#open.add(settled);
    void settled.then(() => this.#open.delete(settled));
  }

  /** Resolves when all have ended, those that began meanwhile too. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled([...this.#open]);
  }
}
