import { reasonOf } from '../errno.ts';
import { refusal } from './refusal.ts';

/** How the outside is reached. */
export interface Outward {
  /** Why an address may not be reached (`it is ...`); undefined where it may. */
  readonly refusal: (address: string) => string | undefined;
  /** Where the operator's own proxy is looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a name to be resolved, for a connection, and for the operator's proxy to make one. */
  readonly connectMs: number;
  /** A connection on which nothing moves for so long is broken. */
  readonly idleMs: number;
}

/** This machine's network; idle connections are kept as long as AWS's NAT gateways keep them. */
export const outward = (): Outward => ({ refusal, env: process.env, connectMs: 20_000, idleMs: 350_000 });

/** What the proxy says to whoever asked, in place of an answer from outside. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 502;

  constructor(status: 400 | 403 | 502, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** That a target can't be reached, and why. */
export const unreachable = ({ host }: URL, error: unknown): Refusal =>
  new Refusal(
    502,
    `${host} can't be reached from this machine: ${reasonOf(error instanceof AggregateError ? error.errors[0] : error)}; check the name, and the network here`,
  );
