/** How long the boots of this launch took so far: what tells when a look at the others' consoles is worth its request. */

/** The newest boots count: later batches may be slower than the first. */
const KEPT = 128;
/** The part of the boots that should be over at a machine's first look. */
const MOST = 0.7;
/** While the slow ones are still unknown, they are taken to need this much longer than the slowest known. */
const SLOWER = 1.1;

export class Boots {
  readonly #newest: number[] = [];

  /** @param ms from the machine's beginning to its verdict */
  add(ms: number): void {
    this.#newest.push(Math.max(0, ms));
    if (this.#newest.length > KEPT) this.#newest.shift();
  }

  /**
   * The age at which most machines have their verdict, milliseconds; undefined while too little is known.
   * @param booting how many of those that are looked at to find this out have none yet
   */
  mostMs(booting: number): number | undefined {
    const known = [...this.#newest].sort((a, b) => a - b);
    const slowest = known.at(-1);
    // The first to be ready are the quick ones: of those who are looked at, half must be.
    if (slowest === undefined || known.length < booting) return undefined;
    return known[Math.ceil((known.length + booting) * MOST) - 1] ?? slowest * SLOWER;
  }
}
