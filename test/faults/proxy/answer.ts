import type { ServerResponse } from 'node:http';

/** An answer as the upstream gave it, or as a fault makes one up. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends an answer as it is. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': headers['content-length'] ?? body.length });
  response.end(body);
}

const answer = (status: number, type: string, text: string): Answer => ({
  status,
  headers: { 'content-type': type },
  body: Buffer.from(text),
});

const PORTAL =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>\n';

export const empty = (status: number): Answer => ({ status, headers: {}, body: Buffer.alloc(0) });
export const html = (status: number): Answer => answer(status, 'text/html; charset=utf-8', PORTAL);
/** What a TLS port, a broken cache or a half-configured gateway says to plain HTTP. */
export const garbled = (status: number): Answer =>
  answer(
    status,
    'text/xml',
    '<?xml version="1.0"?><Response><Errors><Error><Code>Acc\u0000\ufffd\u0015\u0003\u0001',
  );
export const redirect = (): Answer => ({
  status: 302,
  headers: { location: 'http://127.0.0.1:9/login', 'content-type': 'text/html' },
  body: Buffer.from('<html><body>Moved</body></html>'),
});

/** AWS's own error document, in EC2's form or in S3's. */
export function awsError(service: 'ec2' | 's3', status: number, code: string, message: string): Answer {
  const error = `<Code>${code}</Code><Message>${message}</Message>`;
  const xml =
    service === 'ec2'
      ? `<Response><Errors><Error>${error}</Error></Errors><RequestID>proxy-1</RequestID></Response>`
      : `<Error>${error}<RequestId>proxy-1</RequestId></Error>`;
  const { headers, body } = answer(status, 'text/xml', `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
  return {
    status,
    headers: { ...headers, 'x-amzn-requestid': 'proxy-1', 'x-amz-request-id': 'proxy-1' },
    body,
  };
}
