import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestCloud } from './local-cloud.ts';
import { signedHeaders } from './sign.ts';

/** A request as the proxy sees it. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a proxy does to what passes. */
export interface ProxyRules {
  /** Refuses a request as a bucket policy does. */
  denies?(request: SeenRequest): boolean;
  /** Answers 200 in the store's place, which never gets the request. */
  swallows?(request: SeenRequest): string | undefined;
  /** Answers 200 in the store's place, which has carried out the request. */
  masks?(request: SeenRequest): string | undefined;
  /** Changes the headers of an answer, in place. */
  headers?(request: SeenRequest, headers: Record<string, string | string[] | undefined>): void;
  /** Changes an answer's body. */
  body?(request: SeenRequest, body: Buffer): Buffer;
}

export interface S3Proxy extends AsyncDisposable {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  rules: ProxyRules;
}

const DENIED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

/** A real HTTP proxy before the local cloud, which answers to its own name only: requests are signed anew. */
export async function s3Proxy({ endpoint, credentials }: TestCloud): Promise<S3Proxy> {
  const { host, hostname, port } = new URL(endpoint);
  const proxy: Pick<S3Proxy, 'seen' | 'rules'> = { seen: [], rules: {} };
  const server = createServer((incoming, outgoing) => {
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const one: SeenRequest = { method: incoming.method ?? '', path, query, headers: incoming.headers };
    proxy.seen.push(one);
    if (proxy.rules.denies?.(one)) {
      incoming.resume();
      outgoing.writeHead(403, { 'content-type': 'application/xml' }).end(DENIED);
      return;
    }
    const swallowed = proxy.rules.swallows?.(one);
    if (swallowed !== undefined) {
      incoming.resume().once('end', () => outgoing.writeHead(200).end(swallowed));
      return;
    }
    const { method = '', url: whole = '' } = incoming;
    const headers = {
      ...signedHeaders({
        method,
        path: whole,
        host,
        headers: signable(incoming),
        service: 's3',
        credentials,
      }),
      'content-length': incoming.headers['content-length'] ?? '0',
    };
    const onward = request({ hostname, port, method, path: whole, headers }, (answer) => {
      void collected(answer).then((body) => {
        const masked = proxy.rules.masks?.(one);
        if (masked !== undefined) return outgoing.writeHead(200).end(masked);
        const changed = proxy.rules.body?.(one, body) ?? body;
        const told: Record<string, string | string[] | undefined> = { ...answer.headers };
        if (changed.length !== body.length) told['content-length'] = String(changed.length);
        proxy.rules.headers?.(one, told);
        return outgoing.writeHead(answer.statusCode ?? 500, told as Record<string, string>).end(changed);
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

const UNSIGNED = new Set(['authorization', 'connection', 'content-length', 'expect', 'host', 'x-amz-date']);

const signable = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      UNSIGNED.has(name) || typeof value !== 'string' ? [] : [[name, value]],
    ),
  );

async function collected(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
