import { createHash } from 'node:crypto';
import {
  canonicalRequest,
  signatureOf,
  signingKey,
  stringToSign,
} from '../../packages/local-cloud/src/signature/canonical.ts';

/** What a test signs by hand; the SDK's own signer is judged elsewhere. */
export interface ToSign {
  readonly method?: string;
  /** With its query. */
  readonly path?: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly region?: string;
  readonly service: 'ec2' | 's3';
  /** Epoch milliseconds. */
  readonly now?: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The headers of a request with a valid signature in the Authorization header. */
export function signedHeaders(request: ToSign): Record<string, string> {
  const {
    method = 'POST',
    path = '/',
    host,
    body = '',
    region = 'us-east-1',
    service,
    credentials,
  } = request;
  const time = new Date(request.now ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const hash = createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = {
    host,
    'x-amz-date': time,
    ...(service === 's3' && { 'x-amz-content-sha256': hash }),
    ...request.headers,
  };
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .sort();
  const [pathOnly = '/', query = ''] = path.split('?');
  const canonical = canonicalRequest({
    method,
    path: pathOnly,
    query,
    headers: Object.entries(headers),
    signedHeaders: names,
    payloadHash: headers['x-amz-content-sha256'] ?? hash,
  });
  const scope = { date: time.slice(0, 8), region, service };
  const signature = signatureOf(
    signingKey(credentials.secretAccessKey, scope),
    stringToSign(canonical, time, scope),
  );
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope.date}/${region}/${service}/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

/** The path of a request with a valid signature in its query, good for so many seconds. */
export function presignedPath(request: ToSign, expires: number): string {
  const { method = 'GET', path = '/', host, region = 'us-east-1', service, credentials } = request;
  const time = new Date(request.now ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { date: time.slice(0, 8), region, service };
  const [pathOnly = '/', query = ''] = path.split('?');
  const signing = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expires),
    'X-Amz-SignedHeaders': 'host',
  });
  const whole = [query, signing.toString()].filter((part) => part !== '').join('&');
  const canonical = canonicalRequest({
    method,
    path: pathOnly,
    query: whole,
    headers: [['host', host]],
    signedHeaders: ['host'],
    payloadHash: service === 's3' ? 'UNSIGNED-PAYLOAD' : createHash('sha256').digest('hex'),
  });
  const key = signingKey(credentials.secretAccessKey, scope);
  return `${pathOnly}?${whole}&X-Amz-Signature=${signatureOf(key, stringToSign(canonical, time, scope))}`;
}
