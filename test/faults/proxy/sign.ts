import {
  canonicalRequest,
  sha256Hex,
  signatureOf,
  signingKey,
  stringToSign,
} from '../../../packages/local-cloud/src/signature/canonical.ts';
import type { Request } from './operation.ts';

/** Where a proxy forwards to, and the keys that are good there. */
export interface Upstream {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const CREDENTIAL = /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+)/;

/** The request's headers for the upstream: host and time of the signature are the upstream's, so it is signed anew. */
export function headersFor(request: Request, { endpoint, keys }: Upstream): Record<string, string> {
  const headers: Record<string, string> = { ...request.headers, host: new URL(endpoint).host };
  delete headers['connection'];
  const [, region, service, names] = CREDENTIAL.exec(headers['authorization'] ?? '') ?? [];
  if (region === undefined || service === undefined || names === undefined) return headers;
  delete headers['x-amz-security-token'];
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  headers['x-amz-date'] = time;
  const signedHeaders = names.split(';').filter((name) => headers[name] !== undefined);
  const scope = { date: time.slice(0, 8), region, service };
  const [path = '/', query = ''] = request.url.split('?');
  const canonical = canonicalRequest({
    method: request.method,
    path,
    query,
    headers: Object.entries(headers),
    signedHeaders,
    payloadHash: headers['x-amz-content-sha256'] ?? sha256Hex(request.body),
  });
  const signature = signatureOf(
    signingKey(keys.secretAccessKey, scope),
    stringToSign(canonical, time, scope),
  );
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope.date}/${region}/${service}/aws4_request, ` +
    `SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return headers;
}
