import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { UsageError } from '../errors.ts';
import type { BundleKey } from '../model.ts';

/**
 * What `openssl enc -aes-256-cbc -pbkdf2` writes: "Salted__", 8 bytes of salt, the ciphertext; key and IV come from PBKDF2
 * (HMAC-SHA256, 10,000 rounds unless told) over the password.
 * @see https://docs.openssl.org/3.0/man1/openssl-enc/
 */
const MAGIC = Buffer.from('Salted__');
const SALT_BYTES = 8;
const HEADER_BYTES = MAGIC.length + SALT_BYTES;
const ROUNDS = 10_000;
const ALGORITHM = 'aes-256-cbc';

/** Gives random bytes. */
export type RandomBytes = (size: number) => Buffer;

/** A fresh key: 256 random bits. */
export const newBundleKey = (random: RandomBytes): BundleKey => random(32).toString('hex') as BundleKey;

/** Whether `text` is a bundle's key. */
export const isBundleKey = (text: string): text is BundleKey => /^[0-9a-f]{64}$/.test(text);

function secretsOf(key: BundleKey, salt: Buffer): { readonly secret: Buffer; readonly iv: Buffer } {
  const bytes = pbkdf2Sync(key, salt, ROUNDS, 48, 'sha256');
  return { secret: bytes.subarray(0, 32), iv: bytes.subarray(32) };
}

/** Encrypts what passes, under a fresh salt. */
export function encrypting(key: BundleKey, random: RandomBytes): Transform {
  const salt = random(SALT_BYTES);
  const { secret, iv } = secretsOf(key, salt);
  const cipher = createCipheriv(ALGORITHM, secret, iv);
  let header: Buffer | undefined = Buffer.concat([MAGIC, salt]);
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      if (header !== undefined) this.push(header);
      header = undefined;
      done(null, cipher.update(chunk));
    },
    flush(done: TransformCallback) {
      if (header !== undefined) this.push(header);
      done(null, cipher.final());
    },
  });
}

/** Decrypts what passes. Its stream fails with a UsageError for bytes that are no bundle, or another key's. */
export function decrypting(key: BundleKey): Transform {
  let head: Buffer = Buffer.alloc(0);
  let decipher: ReturnType<typeof createDecipheriv> | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      if (decipher !== undefined) return done(null, decipher.update(chunk));
      head = Buffer.concat([head, chunk]);
      if (head.length < HEADER_BYTES) return done();
      if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return done(noBundle());
      const { secret, iv } = secretsOf(key, head.subarray(MAGIC.length, HEADER_BYTES));
      decipher = createDecipheriv(ALGORITHM, secret, iv);
      done(null, decipher.update(head.subarray(HEADER_BYTES)));
    },
    flush(done: TransformCallback) {
      if (decipher === undefined) return done(noBundle());
      try {
        done(null, decipher.final());
      } catch {
        done(wrongKey());
      }
    },
  });
}

/** The first 16 bytes inside, from the first 32 of the file. @throws UsageError where these don't begin a bundle */
export function firstBlock(head: Buffer, key: BundleKey): Buffer {
  if (head.length < HEADER_BYTES + 16 || !head.subarray(0, MAGIC.length).equals(MAGIC)) throw noBundle();
  const { secret, iv } = secretsOf(key, head.subarray(MAGIC.length, HEADER_BYTES));
  const decipher = createDecipheriv(ALGORITHM, secret, iv).setAutoPadding(false);
  return decipher.update(head.subarray(HEADER_BYTES, HEADER_BYTES + 16));
}

const noBundle = (): UsageError =>
  new UsageError('this is no sealed bundle: it does not begin as one', {
    hint: 'give the file that rolecall bundle build wrote, or the object below bundles/',
  });

/** @returns what a sealed file is said to be whose content can't be read with a key */
export const wrongKey = (): UsageError =>
  new UsageError(
    'the bundle can not be decrypted: the key is another one, or the file is cut off or changed',
    { hint: 'each launch has a key of its own, which stands in the user data of its machines' },
  );
