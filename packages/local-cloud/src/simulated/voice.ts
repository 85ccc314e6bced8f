import { createHash } from 'node:crypto';
import type { Identity } from './identity.ts';

/** The marker's VERSION: no script of any version of rolecall runs in a simulated box. */
const VERSION = 'simulated';

/** What a machine is besides its payload. */
export interface Machine {
  readonly instanceId: string;
  /** 8 hex digits: the one run of its bootstrapper. */
  readonly run: string;
}

/** Prints what a box's programs print on its console, in the words and the order of templates/; docs/markers.md. */
export class Voice {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #machine: Machine;
  #identity: Identity | undefined;
  /** Markers that wait until the box knows its launch. */
  #pending: { readonly at: number; readonly event: string }[] | undefined = [];
  #seq = 0;
  #told = '';

  constructor(write: (text: string) => void, now: () => number, machine: Machine) {
    this.#write = write;
    this.#now = now;
    this.#machine = machine;
  }

  /** The markers of ends and of the verdict, once each: the text of the verdict's beacon. */
  get told(): string {
    return this.#told;
  }

  /** Prints lines of text. */
  print(...lines: readonly string[]): void {
    this.#write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Prints a line for people. */
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

  begin(scheme: string): void {
    this.mark(`begin ${scheme} ${VERSION}`);
  }

  mark(event: string): void {
    if (this.#pending === undefined) this.#marker(this.#now(), event, 1);
    else this.#pending.push({ at: this.#now(), event });
  }

  /**
   * Prints the verdict, three times over.
   * @returns the name of the beacon that tells it; undefined where the verdict can't be signed
   */
  verdict(word: 'ok' | 'failed', step: string, status: number, ms: number): string | undefined {
    const at = Math.round(this.#now());
    const mac = this.#marker(at, `verdict ${word} ${step} ${status} ${ms}`, 3);
    return mac === undefined
      ? undefined
      : [word, step, status, this.#machine.run, this.#seq, at, ms, mac].join('.');
  }

  /** The name of a boot log; undefined where it can't be signed. */
  logName(text: string): string | undefined {
    const { run } = this.#machine;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const mac = this.#mac(`log ${this.#identity?.launch} ${run} ${sha256}`);
    return mac === undefined ? undefined : `${run}.${sha256}.${mac}`;
  }

  /** @returns the marker's MAC; undefined where it has none */
  #marker(at: number, event: string, times: number): string | undefined {
    const identity = this.#identity;
    if (identity === undefined && !event.startsWith('verdict failed ')) return undefined;
    this.#seq += 1;
    const epoch = (at / 1000).toFixed(3);
    const body = `${identity?.launch ?? '-'} ${this.#machine.run} ${this.#seq} ${epoch} ${event}`;
    const mac = this.#mac(body);
    const marker = `<<rc2 ${body} ${mac ?? '-'}>>\n`;
    if (/^(end|verdict) /.test(event)) this.#told += marker;
    this.#write(`\n${marker}`.repeat(times));
    return mac;
  }

  #mac(body: string): string | undefined {
    if (this.#identity === undefined) return undefined;
    const signed = `${this.#identity.nonce}|${this.#machine.instanceId}|${body}`;
    return createHash('sha256').update(signed).digest('hex').slice(0, 16);
  }
}
