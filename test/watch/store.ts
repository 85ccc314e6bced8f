import { Readable } from 'node:stream';
import { AwsError } from '../../src/errors.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { BeaconStore } from '../../src/watch/options.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { beaconKey, logKey, marker } from './boxes.ts';
import type { World } from './world.ts';

/** A bucket of the world's: what its machines have sent, and how often it was asked. */
export class Store implements BeaconStore {
  readonly objects = new Map<string, { text: string; modifiedAt: number }>();
  readonly asked: string[] = [];
  readonly #world: World;
  down = false;

  constructor(world: World) {
    this.#world = world;
  }

  put(key: string, body = ''): void {
    this.objects.set(key, { text: body, modifiedAt: this.#world.clock.now() });
  }

  /** What a machine sends now, by its own clock too. */
  verdict(id: string, word: 'ok' | 'failed', who: Parameters<typeof marker>[2] = {}, body = ''): void {
    const event = word === 'ok' ? 'verdict ok init 0 1300' : 'verdict failed init 2 1000';
    const epoch = this.#world.clock.now() / 1000;
    this.put(beaconKey(marker(8, event, { epoch, id, ...who }), id), body);
  }

  log(id: string, body: string): void {
    this.put(logKey(body, { id }), body);
  }

  async list(prefix: string) {
    this.#ask('list');
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(
        ([
          key,
          {
            text: { length },
            modifiedAt,
          },
        ]) => ({ key, size: length, modifiedAt }),
      );
  }

  async readText(key: string) {
    this.#ask(`read ${key}`);
    await this.#world.stall(`read ${key}`);
    const found = this.objects.get(key);
    return found && { ...found, etag: '"e"', readAt: found.modifiedAt };
  }

  async read(key: string) {
    this.#ask(`read ${key}`);
    await this.#world.stall(`read ${key}`);
    const found = this.objects.get(key);
    return found && Readable.from(Buffer.from(found.text));
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.down) throw new AwsError('S3 is not there', { kind: 'endpoint' });
  }
}

export const verdicts = (events: readonly WatchEvent[]): Verdict[] =>
  events.flatMap((event) => (event.type === 'verdict' ? [event.verdict] : []));
export const notices = (events: readonly WatchEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
export const consoles = ({ calls }: World): number =>
  calls.filter(({ name }) => name === 'latest' || name === 'posted').length;
