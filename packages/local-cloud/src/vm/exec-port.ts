import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { ASK, type Frame, FrameReader, frame, TELL } from './exec-frames.ts';

/** What the agent looks for before a request: whatever an earlier machine left half read comes before. */
const MAGIC = Buffer.from('\0rolecall-exec-1\0', 'latin1');

/** The cloud's end of one of a machine's exec ports: passes the frames of one session at a time between a command line and the agent. */
export class ExecPort {
  readonly #port: Duplex;
  #session: Session | undefined;

  constructor(port: Duplex) {
    this.#port = port;
    port.on('data', (chunk: Buffer) => this.#session?.fromMachine(chunk));
    port.on('drain', () => this.#session?.client.resume());
    port.once('close', () => this.#session?.lose('the machine has ended', true));
  }

  /** Whether no session is under way. */
  get isFree(): boolean {
    return this.#session === undefined;
  }

  /** Begins a session for a client that has sent nothing yet. */
  begin(client: Duplex): void {
    this.#session = new Session(this.#port, client, () => {
      this.#session = undefined;
    });
  }

  /** The machine was reset, or its agent has ended: a session that has begun comes to nothing. */
  lose(why: string): void {
    this.#session?.lose(why, false);
  }
}

class Session {
  readonly client: Duplex;
  readonly #port: Duplex;
  readonly #onEnd: () => void;
  readonly #nonce = Buffer.from(randomBytes(16).toString('hex'));
  readonly #fromClient = new FrameReader();
  readonly #fromAgent = new FrameReader();
  #asked = false;
  /** Bytes of the machine among which the nonce is looked for; undefined once it was found. */
  #before: Buffer | undefined = Buffer.alloc(0);

  constructor(port: Duplex, client: Duplex, onEnd: () => void) {
    this.#port = port;
    this.client = client;
    this.#onEnd = onEnd;
    client.on('error', () => undefined);
    client.on('data', (chunk: Buffer) => this.#fromCommandLine(chunk));
    client.on('drain', () => port.resume());
    // The agent still tells when the command has ended: only then the port is free.
    client.once('close', () => {
      if (!this.#asked) return void this.#end();
      port.write(frame(ASK.hangUp));
      port.resume();
    });
  }

  #fromCommandLine(chunk: Buffer): void {
    for (const { kind, payload } of framesOf(this.#fromClient, chunk)) {
      const isStart = kind === ASK.start;
      const room = this.#port.write(isStart ? this.#request(payload) : frame(kind, payload));
      this.#asked ||= isStart;
      if (!room) this.client.pause();
    }
  }

  /** The command line's request, with the nonce after which the agent's answer begins. */
  #request(payload: Buffer): Buffer {
    const request = payload.toString().replace(/^\{/, `{"nonce":"${this.#nonce}",`);
    return Buffer.concat([MAGIC, frame(ASK.start, request)]);
  }

  fromMachine(chunk: Buffer): void {
    let rest = chunk;
    if (this.#before !== undefined) {
      const bytes = Buffer.concat([this.#before, chunk]);
      const at = bytes.indexOf(this.#nonce);
      if (at < 0) {
        this.#before = bytes.subarray(-this.#nonce.length);
        return;
      }
      this.#before = undefined;
      this.#tell({ kind: TELL.begun, payload: Buffer.alloc(0) });
      rest = bytes.subarray(at + this.#nonce.length);
    }
    for (const each of framesOf(this.#fromAgent, rest)) this.#tell(each);
  }

  #tell({ kind, payload }: Frame): void {
    if (!this.client.writable) {
      if (kind === TELL.exit) this.#end();
      return;
    }
    const room = this.client.write(frame(kind, payload));
    if (kind === TELL.exit) this.#end();
    else if (!room) this.#port.pause();
  }

  /** @param forGood no agent will come any more; else a request that waits for one is taken by the next */
  lose(why: string, forGood: boolean): void {
    if (!forGood && this.#before !== undefined && this.client.writable) return;
    if (this.client.writable) this.client.write(frame(TELL.lost, why));
    this.#end();
  }

  #end(): void {
    this.client.removeAllListeners('close');
    this.#port.resume();
    this.client.end();
    this.#onEnd();
  }
}

/** Frames of a peer that keeps to the protocol; none of any other. */
function framesOf(reader: FrameReader, chunk: Buffer): Frame[] {
  try {
    return reader.read(chunk);
  } catch {
    return [];
  }
}
