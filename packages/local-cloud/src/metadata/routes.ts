import type { Tokens } from './tokens.ts';
import type { Tree } from './tree.ts';

/** One request, as far as the metadata service looks at it. Header names in lower case. */
export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Its answer. */
export interface MetadataResponse {
  readonly status: 200 | 400 | 401 | 403 | 404 | 405;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a machine's service answers from. */
export interface MetadataSource {
  readonly tree: Tree;
  readonly userData: Buffer | undefined;
  readonly httpTokens: 'required' | 'optional';
  readonly tokens: Tokens;
}

const TOKEN = 'x-aws-ec2-metadata-token';
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
/** `latest`, the first version, and the dated ones. */
const VERSION = /^(latest|1\.0|20\d\d-\d\d-\d\d)$/;
/** The versions that a listing of `/` shows. */
const VERSIONS = ['1.0', '2021-07-15', 'latest'];

/**
 * Answers one request by EC2's rules for the metadata service, version 1 and 2.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function answerMetadata(request: MetadataRequest, source: MetadataSource): MetadataResponse {
  const path = request.path.replace(/[?#].*$/, '').replace(/\/{2,}/g, '/');
  if (request.method === 'PUT')
    return path === '/latest/api/token' ? issueToken(request, source) : refuse(405);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const held = single(request.headers[TOKEN]);
  if (held === undefined ? source.httpTokens === 'required' : source.tokens.remaining(held) === 0)
    return refuse(401);
  return lookUp(path, source);
}

function issueToken(request: MetadataRequest, source: MetadataSource): MetadataResponse {
  // A proxy in front of the caller would hand the machine's identity to whoever is behind it.
  if (request.headers['x-forwarded-for'] !== undefined) return refuse(403);
  const text = single(request.headers[TTL]) ?? '';
  const ttl = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (ttl < 1 || ttl > 21_600) return refuse(400);
  return found(source.tokens.issue(ttl), { [TTL]: String(ttl) });
}

function lookUp(path: string, source: MetadataSource): MetadataResponse {
  const [version, ...names] = path.split('/').filter((name) => name !== '');
  if (version === undefined) return found(VERSIONS.join('\n'));
  if (!VERSION.test(version)) return refuse(404);
  if (names.length === 1 && names[0] === 'user-data') {
    return source.userData === undefined ? refuse(404) : found(source.userData);
  }
  const node = descend(source.tree, names);
  if (node === undefined) return refuse(404);
  if (typeof node === 'function') return found(node());
  if (typeof node === 'string') return found(node);
  return found(listing(names.length === 0 ? { ...node, ...(source.userData && { 'user-data': '' }) } : node));
}

function descend(tree: Tree, names: readonly string[]): Tree[string] | undefined {
  let node: Tree[string] = tree;
  for (const name of names) {
    if (typeof node !== 'object' || !Object.hasOwn(node, name)) return undefined;
    const next: Tree[string] | undefined = node[name];
    if (next === undefined) return undefined;
    node = next;
  }
  return node;
}

/** Folders end in a slash, except at the top. */
const listing = (tree: Tree): string =>
  Object.keys(tree)
    .sort()
    .map((name) => (typeof tree[name] === 'object' && !TOP.has(name) ? `${name}/` : name))
    .join('\n');
const TOP = new Set(['meta-data', 'dynamic']);

const found = (body: string | Buffer, headers: Record<string, string> = {}): MetadataResponse => ({
  status: 200,
  body: Buffer.from(body),
  headers: {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/octet-stream',
    ...headers,
  },
});

const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
} as const;

const refuse = (status: keyof typeof TITLES): MetadataResponse => ({
  status,
  body: Buffer.from(`${status} - ${TITLES[status]}\n`),
  headers: { 'content-type': 'text/plain', ...(status === 405 && { allow: 'OPTIONS, GET, HEAD' }) },
});

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value[0] : value;
