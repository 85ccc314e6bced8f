import type { Agenda } from '../agenda.ts';
import type { Parcel } from './beacon.ts';

/** Parcels on their way at once, of all machines together: the cloud has to receive them too. */
const AT_ONCE = 8;
/** As templates/bootstrapper.sh waits between two tries. */
const WAITS_MS = [500, 1000, 2000];

interface Sending {
  readonly parcel: Parcel;
  readonly tries: number;
  readonly done: () => void;
}

/** Takes what simulated boxes send to the cloud's S3, by the forms that a real box would post. */
export class Courier {
  readonly #agenda: Agenda;
  /** Taken from the end: the first come is at `#next`. */
  #waiting: Sending[] = [];
  #next = 0;
  #under = 0;
  #closed = false;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** Sends it in its turn; what can't be sent is lost, as a box's would be. `done` is called when S3 has taken it. */
  send(parcel: Parcel, done: () => void = () => undefined): void {
    this.#enqueue({ parcel, tries: 0, done });
  }

  /** What has not been sent stays unsent. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#next = 0;
  }

  #enqueue(sending: Sending): void {
    if (this.#closed) return;
    this.#waiting.push(sending);
    this.#turn();
  }

  #turn(): void {
    while (this.#under < AT_ONCE) {
      const sending = this.#waiting[this.#next];
      if (sending === undefined) {
        this.#waiting = [];
        this.#next = 0;
        return;
      }
      this.#next += 1;
      this.#under += 1;
      void this.#carry(sending).finally(() => {
        this.#under -= 1;
        this.#turn();
      });
    }
  }

  async #carry(sending: Sending): Promise<void> {
    const { parcel, tries, done } = sending;
    const status = await post(parcel);
    if (status >= 200 && status < 300) return done();
    const pause = WAITS_MS[tries];
    if (pause === undefined || !isPassing(status)) return;
    this.#agenda.after(pause, () => this.#enqueue({ ...sending, tries: tries + 1 }));
  }
}

const isPassing = (status: number): boolean =>
  status === 0 || status === 408 || status === 429 || status >= 500;

/** The status of the answer; 0 where there was none. */
async function post({ url, fields, text }: Parcel): Promise<number> {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  form.append('file', new Blob([text], { type: 'text/plain' }), 'text');
  try {
    const response = await fetch(url, { method: 'POST', body: form });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
