import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the server: EC2's XML with a status, or what breaks a connection. */
export type Reply =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly drip: string } // a good answer without an end, this much at a time
  | 'headers' // headers, then silence
  | 'quiet' // headers and half an answer, then silence
  | 'drop' // the request is read, then the connection is cut
  | 'half' // the answer is cut in the middle
  | 'hang'; // no answer at all

/** An error as EC2 puts it on the wire. */
export const refusal = (status: number, code: string, message = 'No.'): Reply => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
});

/** An answer of `operation` with this inner XML. */
export const answer = (operation: string, inner: string): Reply => ({
  status: 200,
  body: `<?xml version="1.0" encoding="UTF-8"?><${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>${inner}</${operation}Response>`,
});

/** An instance as DescribeInstances and RunInstances give it. */
export const item = (id: string, state = 'pending'): string =>
  `<item><instanceId>${id}</instanceId><instanceState><code>0</code><name>${state}</name></instanceState><amiLaunchIndex>0</amiLaunchIndex>` +
  '<instanceType>t3.micro</instanceType><launchTime>2026-11-21T21:51:40.000Z</launchTime><placement><availabilityZone>us-east-1a</availabilityZone></placement>' +
  '<privateIpAddress>10.0.0.5</privateIpAddress><tagSet><item><key>rolecall:role</key><value>web</value></item></tagSet></item>';

/** A server on loopback that gives its replies in order, the last one for ever, and keeps what it was asked. */
export class WireServer {
  readonly asked: URLSearchParams[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** Called when the server has gone silent. */
  onSilence: () => void = () => undefined;
  readonly #server: Server;

  private constructor(replies: readonly Reply[]) {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const reply = replies[Math.min(this.asked.length, replies.length - 1)] ?? 'hang';
        this.asked.push(new URLSearchParams(body));
        this.headers.push(request.headers);
        give(response, reply, () => this.onSilence());
      });
    });
  }

  static async start(...replies: Reply[]): Promise<WireServer> {
    const wire = new WireServer(replies);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function give(response: ServerResponse, reply: Reply, silent: () => void): void {
  if (reply === 'hang') {
    silent();
    return;
  }
  if (reply === 'headers' || reply === 'quiet') {
    response.writeHead(200, { 'content-length': '1000', etag: '"e"', 'content-type': 'text/xml' });
    response.flushHeaders();
    if (reply === 'headers') silent();
    else response.write('<RunInstancesResponse><inst', silent);
    return;
  }
  if (typeof reply === 'object' && 'drip' in reply) {
    response.writeHead(200, { 'content-type': 'text/xml' });
    const drip = () => {
      if (response.destroyed) return;
      response.write(reply.drip, () => {
        silent();
        setImmediate(drip);
      });
    };
    drip();
    return;
  }
  if (reply === 'drop') {
    response.socket?.destroy();
    return;
  }
  if (reply === 'half') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('<RunInstancesResponse><inst', () => response.socket?.destroy());
    return;
  }
  response.writeHead(reply.status, { 'content-type': 'text/xml', ...reply.headers });
  response.end(reply.body);
}
