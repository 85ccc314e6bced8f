import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A metadata service on loopback whose answers a test decides. */
export interface MetadataServer {
  readonly url: string;
  /** `METHOD path` of every request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export const TOKEN = 'AQAEAJ2kc+/token==';
export const INSTANCE_ID = 'i-0abc1234def567890';

/** Answers with a status and a body. */
export const answer =
  (status: number, body: string | Buffer = ''): Answer =>
  (_request, response) => {
    response.writeHead(status).end(body);
  };

/** Promises more than it sends, and hangs up. */
export const cutOff: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('environment=prod\nrole=we', () => response.destroy());
};

/**
 * Starts a server in which IMDSv2's rules hold. `special` gives, for `METHOD path`, answers that are used up one
 * after another before the ordinary one; `tree` gives the texts of further paths.
 */
export async function serveMetadata(
  userData: string | Buffer | undefined,
  special: Readonly<Record<string, readonly Answer[]>> = {},
  tree: Readonly<Record<string, string>> = {},
): Promise<MetadataServer> {
  const requests: string[] = [];
  const left = new Map(Object.entries(special).map(([key, answers]) => [key, [...answers]]));
  const server = createServer((request, response) => {
    const key = `${request.method} ${request.url}`;
    requests.push(key);
    const next = left.get(key)?.shift() ?? ordinary(key, request, userData, tree);
    next(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function ordinary(
  key: string,
  request: IncomingMessage,
  userData: string | Buffer | undefined,
  tree: Readonly<Record<string, string>>,
): Answer {
  if (key === 'PUT /latest/api/token') {
    const ttl = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
    return ttl >= 1 && ttl <= 21_600 ? answer(200, TOKEN) : answer(400);
  }
  if (request.headers['x-aws-ec2-metadata-token'] !== TOKEN) return answer(401);
  if (key === 'GET /latest/meta-data/instance-id') return answer(200, INSTANCE_ID);
  if (key === 'GET /latest/user-data' && userData !== undefined) return answer(200, userData);
  const text = tree[key.replace(/^GET /, '')];
  return text === undefined ? answer(404) : answer(200, text);
}
