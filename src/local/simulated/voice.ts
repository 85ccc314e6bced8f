import { createHash } from 'node:crypto';
import type { Identity } from './user-data.ts';

/** What a box's programs say on its console, in the words and the order of templates/; docs/markers.md. */
export class Voice {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #run: string;
  #identity: Identity | undefined;
  /** Markers that wait until the box knows who it is. */
  #pending: { readonly at: number; readonly event: string }[] | undefined = [];
  #seq = 0;
  #told = '';

  /** @param run 8 hex digits */
  constructor(write: (text: string) => void, now: () => number, run: string) {
    this.#write = write;
    this.#now = now;
    this.#run = run;
  }

  /** The markers of ends and of the verdict, once each: what the verdict's beacon holds. */
  get told(): string {
    return this.#told;
  }

  /** Lines of text. */
  print(...lines: readonly string[]): void {
    this.#write(lines.map((line) => `${line}\n`).join(''));
  }

  /** A line for people. */
  say(step: string, text: string): void {
    this.print(`rolecall[${step}]: ${text}`);
  }

  /** From here on markers are signed; without an identity none is printed but for a failed verdict. */
  becomes(identity: Identity | undefined): void {
    const waiting = this.#pending ?? [];
    this.#pending = undefined;
    this.#identity = identity;
    for (const { at, event } of waiting) this.#marker(at, event, 1);
  }

  mark(event: string): void {
    if (this.#pending === undefined) this.#marker(this.#now(), event, 1);
    else this.#pending.push({ at: this.#now(), event });
  }

  /** The verdict, three times over. */
  verdict(event: string): void {
    this.#marker(this.#now(), `verdict ${event}`, 3);
  }

  #marker(at: number, event: string, times: number): void {
    const identity = this.#identity;
    if (identity === undefined && !event.startsWith('verdict failed ')) return;
    this.#seq += 1;
    const epoch = (at / 1000).toFixed(3);
    const body = `${identity?.launch ?? '-'} ${this.#run} ${this.#seq} ${epoch} ${event}`;
    const mac =
      identity === undefined
        ? '-'
        : createHash('sha256').update(`${identity.nonce}|${body}`).digest('hex').slice(0, 16);
    const marker = `<<rc1 ${body} ${mac}>>\n`;
    if (/^(end|verdict) /.test(event)) this.#told += marker;
    this.#write(`\n${marker}`.repeat(times));
  }
}
