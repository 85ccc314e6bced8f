import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signedHeaders, type ToSign } from './sign.ts';

/** An answer as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

/** What the proxy does with a request: passes it on, gives an answer of its own, or cuts the connection. */
export type Fault = 'pass' | 'reset' | WireAnswer;

/** A TCP door before the local cloud's EC2: it notes what goes by, and spoils what a test says. */
export interface Ec2Proxy extends AsyncDisposable {
  readonly endpoint: string;
  /** All requests so far, oldest first. */
  readonly asked: readonly URLSearchParams[];
  /** Asked at each request; `pass` unless a test sets it. */
  fault: (asked: URLSearchParams) => Fault;
}

/** Starts one; each request is signed anew, since the signature covers the host name. */
export async function ec2Proxy(
  upstream: string,
  { region, credentials }: Pick<ToSign, 'credentials'> & { readonly region: string },
): Promise<Ec2Proxy> {
  const { hostname, port, host } = new URL(upstream);
  const asked: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const form = new URLSearchParams(body);
    asked.push(form);
    const fault = proxy.fault(form);
    if (fault === 'reset') return void request.socket.destroy();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = signedHeaders({ host, body, region, service: 'ec2', credentials, headers: type });
    const answer = fault === 'pass' ? await pass({ hostname, port, headers }, body) : fault;
    response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Ec2Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    fault: () => 'pass',
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

interface Upstream {
  readonly hostname: string;
  readonly port: string;
  readonly headers: Readonly<Record<string, string>>;
}

const pass = ({ hostname, port, headers }: Upstream, body: string): Promise<WireAnswer> =>
  new Promise((resolve, reject) => {
    const request = send({ hostname, port, method: 'POST', path: '/', headers, setHost: false }, (answer) =>
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject),
    );
    request.on('error', reject).end(body);
  });

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

/** The ids that a request names. */
export const idsAsked = (asked: URLSearchParams): string[] =>
  [...asked].flatMap(([name, value]) => (/^(?:InstanceId|ResourceId)\.\d+$/.test(name) ? [value] : []));
