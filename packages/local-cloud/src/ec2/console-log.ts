/** GetConsoleOutput keeps at most the newest 64 KB. */
export const CONSOLE_BYTES = 65_536;

/** Loses `dropBytes` after every `everyBytes` of what the box writes: a torn console. */
export interface Tear {
  readonly everyBytes: number;
  readonly dropBytes: number;
}

const CR = 13;
const LF = 10;

/** The serial console of one machine: its newest 64 KB, each line ended by CR LF as a serial line gives it. */
export class ConsoleLog {
  readonly #tear: Tear | undefined;
  #bytes = Buffer.alloc(0);
  #last = 0;
  #position = 0;

  constructor(tear?: Tear) {
    this.#tear = tear;
  }

  /** Takes what the box wrote. */
  append(chunk: Buffer): void {
    const wire = this.#torn(withCarriageReturns(chunk, this.#last));
    this.#last = chunk.at(-1) ?? this.#last;
    this.#bytes = Buffer.concat([this.#bytes, wire]).subarray(-CONSOLE_BYTES);
  }

  /** What the console holds now; the caller's own copy. */
  snapshot(): Buffer {
    return Buffer.from(this.#bytes);
  }

  #torn(wire: Buffer): Buffer {
    const tear = this.#tear;
    if (tear === undefined) return wire;
    const cycle = tear.everyBytes + tear.dropBytes;
    const start = this.#position;
    this.#position += wire.length;
    return wire.filter((_, index) => (start + index) % cycle < tear.everyBytes) as Buffer;
  }
}

/** A CR before every LF that has none; `last` is the byte before the chunk. */
function withCarriageReturns(chunk: Buffer, last: number): Buffer {
  const out: number[] = [];
  let before = last;
  for (const byte of chunk) {
    if (byte === LF && before !== CR) out.push(CR);
    out.push(byte);
    before = byte;
  }
  return Buffer.from(out);
}
