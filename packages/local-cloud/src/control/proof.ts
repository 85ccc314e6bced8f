import { createHash, createHmac, randomBytes } from 'node:crypto';

/** Paths of the control API begin so. */
export const CONTROL_PREFIX = '/_rolecall/';

/** A number that is used once, as hex. Both sides give one, so that no proof can be used again. */
export const newChallenge = (): string => randomBytes(16).toString('hex');

export const isChallenge = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** What both sides have told each other before a call. */
export interface Handshake {
  readonly client: string;
  readonly cloud: string;
}

/** The call that a client proves to be its own. */
export interface ProvedCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** By which a cloud shows that it has the key, before anything is asked of it. */
export const cloudProof = (key: string, { client, cloud }: Handshake): string =>
  proof(key, ['cloud', client, cloud]);

/** By which a client shows that it has the key, for one call. */
export const clientProof = (
  key: string,
  { client, cloud }: Handshake,
  { method, path, body }: ProvedCall,
): string =>
  proof(key, ['client', client, cloud, method, path, createHash('sha256').update(body).digest('hex')]);

/** HMAC-SHA256 (RFC 2104) in hex. JSON, so that no two lists give the same text. */
const proof = (key: string, parts: readonly string[]): string =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
