/**
 * The frames of `local exec` in a virtual machine: a letter, the payload's length (4 bytes, big-endian), the payload.
 * From the command line by way of the cloud to the agent in the machine, and back; packages/local-cloud/src/vm-image has the agent.
 */

/** From the command line. `s` starts a command (`ExecRequest` as JSON) and comes first. */
export const ASK = {
  start: 's',
  input: 'i',
  inputEnds: 'e',
  /** `TerminalSize` as JSON. */
  resize: 'w',
  /** The number of a signal for the command's process group. */
  signal: 'k',
  /** Nobody waits for the command any more. */
  hangUp: 'h',
} as const;

/** To the command line. */
export const TELL = {
  /** The machine has taken the request. */
  begun: 'b',
  output: 'o',
  errors: 'r',
  /** So many bytes of input were taken. */
  taken: 'a',
  /** The exit code; 128 and the signal's number when a signal ended the command. */
  exit: 'x',
  /** The machine ended, or was reset, in the middle; the payload says so. */
  lost: 'l',
} as const;

/** Bytes of input that may be under way: what comes behind them (a signal, a new size) is never stuck. */
export const INPUT_WINDOW = 256 * 1024;

/** What to run. */
export interface ExecRequest {
  readonly argv: readonly string[];
  readonly term: string;
  /** On a terminal of the machine's own. */
  readonly tty?: { readonly rows: number; readonly columns: number };
}

export interface Frame {
  readonly kind: string;
  readonly payload: Buffer;
}

const HEADER = 5;
/** No sender makes longer ones. */
const LONGEST = 1024 * 1024;

export function frame(kind: string, payload: string | Buffer = ''): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(HEADER);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  /**
   * Takes bytes in.
   * @returns the frames that they complete
   * @throws RangeError for a frame that no sender makes
   */
  read(bytes: Buffer): Frame[] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const frames: Frame[] = [];
    while (this.#bytes.length >= HEADER) {
      const length = this.#bytes.readUInt32BE(1);
      if (length > LONGEST) throw new RangeError(`a frame of ${length} bytes`);
      if (this.#bytes.length < HEADER + length) break;
      const kind = this.#bytes.toString('latin1', 0, 1);
      frames.push({ kind, payload: this.#bytes.subarray(HEADER, HEADER + length) });
      this.#bytes = this.#bytes.subarray(HEADER + length);
    }
    return frames;
  }
}
