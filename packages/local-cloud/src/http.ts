import type { IncomingMessage, ServerResponse } from 'node:http';

/** EC2's requests and the control API's are far smaller: 16 KB of user data and some tags. */
const MAX_BODY = 1_048_576;
export const TOO_LONG = `More than ${MAX_BODY} bytes.\n`;

/** The body; undefined when it is too long (the rest is read and forgotten, so that the answer arrives). */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
    if (length > 8 * MAX_BODY) request.destroy();
  }
  return length > MAX_BODY ? undefined : Buffer.concat(chunks);
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
