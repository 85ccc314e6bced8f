import type { ServerResponse } from 'node:http';
import type { Random } from '../random.ts';
import { type Answer, awsError, empty, garbled, html, redirect, send } from './answer.ts';

/** What a fault has at hand when it answers a request. */
export interface Struck {
  readonly service: 'ec2' | 's3';
  readonly response: ServerResponse;
  /** The upstream's answer to the last delivery; undefined where the request was not delivered. */
  readonly answer: Answer | undefined;
  readonly random: Random;
}

/** One way in which a request or its answer goes wrong. */
export interface Fault {
  readonly name: string;
  /** How often the request reaches the upstream. */
  readonly delivered: 0 | 1 | 2;
  /** It damages the body, so an answer without one (to HEAD) passes whole. */
  readonly ofBody?: boolean;
  readonly strike: (struck: Struck) => void | Promise<void>;
}

const replaced =
  (make: (service: 'ec2' | 's3') => Answer): Fault['strike'] =>
  ({ response, service }) =>
    send(response, make(service));

const reset: Fault['strike'] = ({ response }) => void response.socket?.resetAndDestroy();
const lost: Fault['strike'] = ({ response }) => void response.socket?.destroy();
/** The connection stays open until somebody else ends it. */
const silence: Fault['strike'] = () => undefined;

const instead = (name: string, make: (service: 'ec2' | 's3') => Answer): Fault[] => [
  { name, delivered: 0, strike: replaced(make) },
  { name: `${name}, carried out`, delivered: 1, strike: replaced(make) },
];

const serverError = (service: 'ec2' | 's3') =>
  awsError(service, 500, 'InternalError', 'An internal error has occurred');
const throttling = (service: 'ec2' | 's3') =>
  awsError(service, 503, service === 'ec2' ? 'RequestLimitExceeded' : 'SlowDown', 'Request limit exceeded.');

/** The upstream's answer, which faults of the answer spoil. */
function given(answer: Answer | undefined): Answer {
  if (answer === undefined) throw new Error('a fault of the answer needs a request that was delivered');
  return answer;
}

/** Headers that announce `length` bytes, then the first `sent` bytes of the body. */
function begin({ response, answer }: Struck, length: number, sent: number): void {
  const { status, headers, body } = given(answer);
  response.writeHead(status, { ...headers, 'content-length': length });
  response.flushHeaders();
  if (sent > 0) response.write(body.subarray(0, sent));
}

const lengthOf = ({ answer }: Struck): number => given(answer).body.length;
/** An empty body is announced as longer than it is: it would else arrive whole. */
const announced = (struck: Struck): number => Math.max(lengthOf(struck), 10);

const stalledBody: Fault['strike'] = (struck) =>
  begin(struck, announced(struck), Math.floor(lengthOf(struck) / 2));

const truncatedBody: Fault['strike'] = (struck) => {
  begin(struck, announced(struck), Math.floor(lengthOf(struck) / 2));
  // A moment later, so that what was written goes out before the connection ends.
  setTimeout(() => struck.response.socket?.destroy(), 20);
};

const tooLong: Fault['strike'] = (struck) => {
  begin(struck, lengthOf(struck) + 17, lengthOf(struck));
  setTimeout(() => struck.response.socket?.destroy(), 20);
};

/** The rest of the body stands on the connection where the next answer would begin. */
const tooShort: Fault['strike'] = ({ response, answer }) => {
  const { status, headers, body } = given(answer);
  response.writeHead(status, { ...headers, 'content-length': Math.floor(body.length / 2) });
  response.end(body);
};

const slowBody: Fault['strike'] = async ({ response, answer }) => {
  const { status, headers, body } = given(answer);
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.flushHeaders();
  const size = Math.max(1, Math.ceil(body.length / 8));
  for (let at = 0; at < body.length; at += size) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    response.write(body.subarray(at, at + size));
  }
  response.end();
};

/**
 * One bit is flipped. In XML it is a bracket's: TLS and TCP leave no wrong letter in a name or an id, and nothing in EC2's
 * protocol could tell. In an object it is any bit.
 */
const flipped: Fault['strike'] = ({ response, answer, random }) => {
  const { body, ...rest } = given(answer);
  const damaged = Buffer.from(body);
  const isXml = (rest.headers['content-type'] ?? '').includes('xml');
  const places = isXml ? [...damaged.keys()].filter((at) => damaged[at] === 0x3c) : [...damaged.keys()];
  if (places.length > 0) {
    const at = random.pick(places);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(7));
  }
  send(response, { ...rest, body: damaged });
};

const passed: Fault['strike'] = ({ response, answer }) => send(response, given(answer));

/** Every fault that one request can meet. */
export const FAULTS: readonly Fault[] = [
  ...instead('empty 200', () => empty(200)),
  ...instead('HTML 200', () => html(200)),
  ...instead('redirect', redirect),
  ...instead('HTML 403', () => html(403)),
  ...instead('empty 403', () => empty(403)),
  ...instead('garbled 400', () => garbled(400)),
  ...instead('XML 500', serverError),
  ...instead('HTML 502', () => html(502)),
  { name: 'throttled', delivered: 0, strike: replaced(throttling) },
  { name: 'reset before', delivered: 0, strike: reset },
  { name: 'reset after', delivered: 1, strike: reset },
  { name: 'answer lost', delivered: 1, strike: lost },
  { name: 'stalled before', delivered: 0, strike: silence },
  { name: 'stalled headers', delivered: 1, strike: silence },
  { name: 'stalled body', delivered: 1, ofBody: true, strike: stalledBody },
  { name: 'truncated body', delivered: 1, ofBody: true, strike: truncatedBody },
  { name: 'flipped bit', delivered: 1, ofBody: true, strike: flipped },
  { name: 'length too long', delivered: 1, ofBody: true, strike: tooLong },
  { name: 'length too short', delivered: 1, ofBody: true, strike: tooShort },
  { name: 'slow body', delivered: 1, ofBody: true, strike: slowBody },
  { name: 'delivered twice', delivered: 2, strike: passed },
];
