import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '../random.ts';
import { type Answer, awsError, send } from './answer.ts';
import type { Fault } from './fault.ts';
import { operationOf, type Request, serviceOf } from './operation.ts';
import { headersFor, type Upstream } from './sign.ts';

/** Which requests meet a fault. */
export interface Plan {
  readonly operation: string;
  /** The first request of the operation that is struck, from 1. */
  readonly from: number;
  /** How many are struck, one after the other. */
  readonly times: number;
  readonly fault: Fault;
  readonly seed: string;
}

/** How far a request has come. */
export type Stage = 'arrived' | 'carried out' | 'answered';

/** Called at each stage of each request; the request goes on when it resolves. */
export type Watcher = (operation: string, ordinal: number, stage: Stage) => void | Promise<void>;

/** AWS refuses requests that are signed further off than this. */
const ALLOWED_SKEW_MS = 15 * 60_000;

/** An HTTP proxy on 127.0.0.1 before a cloud: forwards, signs anew, and lets requests go wrong as it is told. */
export class FaultProxy {
  readonly #upstream: Upstream;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });
  #plan: Plan | undefined;
  #random = new Random(0);
  #counts = new Map<string, number>();
  #struck = 0;
  /** How far the clock of the answers is ahead, milliseconds. */
  skewMs = 0;
  watcher: Watcher | undefined;

  private constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  static async start(upstream: Upstream): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests since the last `arm`, by operation. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** How many requests have met the fault since the last `arm`. */
  get struck(): number {
    return this.#struck;
  }

  /** Begins to count anew; without a plan all requests pass. */
  arm(plan?: Plan): void {
    this.#plan = plan;
    this.#random = new Random(plan?.seed ?? '');
    this.#counts = new Map();
    this.#struck = 0;
    this.skewMs = 0;
    this.watcher = undefined;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    const service = serviceOf(request);
    if (service === undefined) return send(response, await this.#forward(request));
    const operation = operationOf(request);
    const ordinal = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, ordinal);
    const { watcher } = this;
    await watcher?.(operation, ordinal, 'arrived');
    const refusal = this.#tooSkewed(request, service);
    if (refusal !== undefined) return send(response, refusal);
    const fault = this.#faultFor(operation, ordinal);
    let answer: Answer | undefined;
    for (let turn = 0; turn < (fault?.delivered ?? 1); turn += 1) answer = await this.#forward(request);
    await watcher?.(operation, ordinal, 'carried out');
    if (fault === undefined) send(response, answer as Answer);
    else await fault.strike({ service, response, answer, random: this.#random });
    await watcher?.(operation, ordinal, 'answered');
  }

  #faultFor(operation: string, ordinal: number): Fault | undefined {
    const plan = this.#plan;
    if (plan?.operation !== operation || ordinal < plan.from || ordinal >= plan.from + plan.times)
      return undefined;
    this.#struck += 1;
    return plan.fault;
  }

  /** What AWS says to a request that is signed by another clock; undefined where it may pass. */
  #tooSkewed({ headers }: Request, service: 'ec2' | 's3'): Answer | undefined {
    if (this.skewMs === 0) return undefined;
    const signed = (headers['x-amz-date'] ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    );
    const now = Date.now() + this.skewMs;
    if (Math.abs(Date.parse(signed) - now) <= ALLOWED_SKEW_MS) return undefined;
    this.#struck += 1;
    const [status, code] = service === 's3' ? [403, 'RequestTimeTooSkewed'] : [400, 'RequestExpired'];
    const refusal = awsError(service, status, code, 'The difference between the clocks is too large.');
    return { ...refusal, headers: { ...refusal.headers, date: new Date(now).toUTCString() } };
  }

  async #forward(request: Request): Promise<Answer> {
    const answer = await forward(request, this.#upstream, this.#agent);
    if (this.skewMs === 0) return answer;
    const date = new Date(Date.now() + this.skewMs).toUTCString();
    return { ...answer, headers: { ...answer.headers, date } };
  }
}

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function read(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url, headers: flat(headers), body: await bytesOf(incoming) };
}

function forward(request: Request, upstream: Upstream, agent: Agent): Promise<Answer> {
  const { hostname, port } = new URL(upstream.endpoint);
  const headers = headersFor(request, upstream);
  delete headers['expect'];
  const options = { hostname, port, agent, method: request.method, path: request.url, headers };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(options, (message) => {
      bytesOf(message).then((body) => {
        const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...rest } = flat(message.headers);
        // A HEAD has the length of what it doesn't send.
        if (request.method !== 'HEAD') delete rest['content-length'];
        resolve({ status: message.statusCode ?? 502, headers: rest, body });
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
}
