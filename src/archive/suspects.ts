import { posix } from 'node:path';
import { findSecret } from '../secrets.ts';

/** A file that looks like a secret. */
export interface Suspect {
  /** In the archive. */
  readonly path: string;
  /** What is suspicious: `holds a private key`. */
  readonly why: string;
}

const NAMES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^\.env(?:\.(?!example$|sample$|template$|dist$).+)?$/, 'is an environment file'],
  [/^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, 'is named as a private key of ssh'],
  [/\.(?:p12|pfx|jks|keystore)$/i, 'is a key store'],
  [/^(?:\.git-credentials|\.netrc|_netrc|\.pgpass|\.htpasswd)$/, 'is named as a file of passwords'],
];

/** What a file's name alone makes suspicious. */
export function suspectName(path: string): string | undefined {
  if (/(?:^|\/)\.aws\/credentials$/.test(path)) return 'is named as AWS credentials';
  const name = posix.basename(path);
  return NAMES.find(([pattern]) => pattern.test(name))?.[1];
}

/** What must stand in a file before it is looked at closely. */
const MARKS = [
  'PRIVATE KEY-----',
  'PRIVATE KEY BLOCK-----',
  'PuTTY-User-Key-File-',
  'AKIA',
  'ASIA',
  'aws_secret_access_key',
  'AWS_SECRET_ACCESS_KEY',
  'SecretAccessKey',
  'secretAccessKey',
].map((mark) => Buffer.from(mark));

/** A secret that lies over the border of two chunks has at most so many bytes. */
const OVERLAP = 256;

/** Looks for keys in a file's bytes as they pass; fast where there are none. */
export class SecretSearch {
  #tail: Buffer = Buffer.alloc(0);
  #found: string | undefined;

  /** `holds a private key`, or undefined so far. */
  get found(): string | undefined {
    return this.#found;
  }

  feed(chunk: Buffer): void {
    if (this.#found !== undefined) return;
    // Only the border is looked at twice.
    this.#look(Buffer.concat([this.#tail, chunk.subarray(0, OVERLAP)]));
    this.#look(chunk);
    this.#tail =
      chunk.length >= OVERLAP
        ? chunk.subarray(-OVERLAP)
        : Buffer.concat([this.#tail, chunk]).subarray(-OVERLAP);
  }

  #look(bytes: Buffer): void {
    if (this.#found !== undefined || !MARKS.some((mark) => bytes.includes(mark))) return;
    const secret = findSecret(bytes.toString('latin1'));
    if (secret !== undefined) this.#found = `holds ${secret}`;
  }
}
