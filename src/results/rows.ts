import type { MachineRow } from './row.ts';

/** What one change replaced: seen from the newer table, how the older one differs. */
interface Undo {
  readonly newer: Rows;
  readonly instanceId: string;
  /** Undefined where the older table has no such row. */
  readonly row: MachineRow | undefined;
}

/**
 * The rows of a view. A table never changes, and yet the next one costs a single step, however many machines there are:
 * the newest table owns the map, an older one only knows what differs from the next newer (Baker's persistent arrays).
 * So the newest is read at once, one of some events ago in as many steps, and only tables that are still in use are kept.
 * @see https://doi.org/10.1145/122598.122614
 */
export class Rows {
  #state: Map<string, MachineRow> | Undo;
  readonly size: number;

  private constructor(state: Map<string, MachineRow>, size: number) {
    this.#state = state;
    this.size = size;
  }

  static none(): Rows {
    return new Rows(new Map(), 0);
  }

  /** The table with this row in place of the machine's earlier one, or after all others. */
  with(row: MachineRow): Rows {
    const { instanceId } = row.machine;
    const map = this.#own();
    const before = map.get(instanceId);
    map.set(instanceId, row);
    const newer = new Rows(map, map.size);
    this.#state = { newer, instanceId, row: before };
    return newer;
  }

  get(instanceId: string): MachineRow | undefined {
    let table: Rows = this;
    for (;;) {
      const state = table.#state;
      if (state instanceof Map) return state.get(instanceId);
      if (state.instanceId === instanceId) return state.row;
      table = state.newer;
    }
  }

  /** In the order in which the machines first appeared, as are `values`. Read them to the end before the next `with`. */
  keys(): IterableIterator<string> {
    return this.#read().keys();
  }

  values(): IterableIterator<MachineRow> {
    return this.#read().values();
  }

  /** The map for whoever changes it next: the newest table's own, else a copy. */
  #own(): Map<string, MachineRow> {
    if (!(this.#state instanceof Map)) this.#state = this.#copy();
    return this.#state;
  }

  #read(): ReadonlyMap<string, MachineRow> {
    return this.#state instanceof Map ? this.#state : this.#copy();
  }

  #copy(): Map<string, MachineRow> {
    const undone: Undo[] = [];
    let state = this.#state;
    while (!(state instanceof Map)) {
      undone.push(state);
      state = state.newer.#state;
    }
    const map = new Map(state);
    for (const { instanceId, row } of undone.reverse()) {
      if (row === undefined) map.delete(instanceId);
      else map.set(instanceId, row);
    }
    return map;
  }
}
