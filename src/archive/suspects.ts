import { posix } from 'node:path';
import { findSecret } from '../redact.ts';

/** A file that looks like a secret. */
export interface Suspect {
  /** In the archive. */
  readonly path: string;
  /** What is suspicious: `holds a private key`. */
  readonly why: string;
  /** It holds the credentials of the command itself, which no option lets in. */
  readonly own?: true;
}

const NAMES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^\.env(?:\.(?!example$|sample$|template$|dist$).+)?$/, 'is an environment file'],
  [/^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, 'is named as a private key of ssh'],
  [/\.(?:p12|pfx|jks|keystore)$/i, 'is a key store'],
  [/^secring\.gpg$/, 'is named as a private key of PGP'],
  [/^(?:\.git-credentials|\.netrc|_netrc|\.pgpass|\.htpasswd|\.pypirc)$/, 'is named as a file of passwords'],
  [/^application_default_credentials\.json$/, 'is named as Google Cloud credentials'],
];

/** Paths whose last name alone tells nothing. */
const PATHS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/(?:^|\/)\.aws\/(?:credentials$|(?:sso|cli)\/cache\/)/, 'is named as AWS credentials'],
  [/(?:^|\/)\.gnupg\/private-keys-v1\.d\//, 'is named as a private key of PGP'],
  [/(?:^|\/)\.kube\/config$/, 'is named as Kubernetes credentials'],
  [/(?:^|\/)\.docker\/config\.json$/, 'is named as credentials of Docker'],
];

/** What a file's name alone makes suspicious. @param path with slashes; the longer, the more it tells */
export function suspectName(path: string): string | undefined {
  const name = posix.basename(path);
  return [
    PATHS.find(([pattern]) => pattern.test(path))?.[1],
    NAMES.find(([pattern]) => pattern.test(name))?.[1],
  ].find((why) => why !== undefined);
}

/** What must stand in a file before it is looked at closely. */
const MARKS = [
  'PRIVATE KEY',
  'LS0tLS1CRUdJTi',
  'PuTTY-User-Key-File-',
  'AGE-SECRET-KEY-1',
  'AKIA',
  'ASIA',
  'aws_secret_access_key',
  'AWS_SECRET_ACCESS_KEY',
  'ecretAccessKey',
  ':_auth',
  ':_password',
].map((mark) => Buffer.from(mark));

/** A secret that lies over the border of two chunks has at most so many bytes, unless it is the command's own. */
const OVERLAP = 256;

/** Looks for keys in a file's bytes as they pass; fast where there are none. */
export class SecretSearch {
  readonly #own: readonly Buffer[];
  readonly #overlap: number;
  #tail: Buffer = Buffer.alloc(0);
  #found: string | undefined;
  #foundOwn = false;

  /** @param own secrets of the command's own credentials */
  constructor(own: readonly string[] = []) {
    this.#own = own.map((secret) => Buffer.from(secret));
    this.#overlap = Math.max(OVERLAP, ...this.#own.map((secret) => secret.length));
  }

  /** `holds a private key`, or undefined so far. */
  get found(): string | undefined {
    return this.#foundOwn ? 'holds the AWS credentials of this command' : this.#found;
  }

  /** Whether one of the command's own secrets was found. */
  get foundOwn(): boolean {
    return this.#foundOwn;
  }

  feed(chunk: Buffer): void {
    // Only the border is looked at twice.
    this.#look(Buffer.concat([this.#tail, chunk.subarray(0, this.#overlap)]));
    this.#look(chunk);
    this.#tail =
      chunk.length >= this.#overlap
        ? chunk.subarray(-this.#overlap)
        : Buffer.concat([this.#tail, chunk]).subarray(-this.#overlap);
  }

  #look(bytes: Buffer): void {
    this.#foundOwn ||= this.#own.some((secret) => bytes.includes(secret));
    if (this.#found !== undefined || !MARKS.some((mark) => bytes.includes(mark))) return;
    const secret = findSecret(bytes.toString('latin1'));
    if (secret !== undefined) this.#found = `holds ${secret}`;
  }
}
