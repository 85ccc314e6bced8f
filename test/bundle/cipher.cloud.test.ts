import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decrypting, encrypting, firstBlock, isBundleKey, newBundleKey } from '../../src/bundle/cipher.ts';
import { holdsAsync } from '../support/property.ts';
import { KEY, newFolder, opensslOpens, opensslSeals, refusal, write } from './support.ts';

const folder = newFolder();
const path = join(folder, 'sealed');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What comes out of a stream into which bytes are put in pieces of these lengths (the rest in one). */
async function through(stream: Transform, bytes: Buffer, lengths: readonly number[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(from, from + length));
    from += length;
  }
  pieces.push(bytes.subarray(from));
  const out: Buffer[] = [];
  for await (const chunk of Readable.from(pieces.filter(({ length }) => length > 0)).pipe(stream))
    out.push(chunk as Buffer);
  return Buffer.concat(out);
}

const bytes = fc.uint8Array({ maxLength: 70 }).map((array) => Buffer.from(array));
const lengths = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 8 });

describe('the cipher', () => {
  test('writes what openssl reads, however the bytes come', async () => {
    await holdsAsync(
      fc.asyncProperty(bytes, lengths, async (clear, cuts) => {
        const sealed = await through(encrypting(KEY, randomBytes), clear, cuts);
        expect(opensslOpens(write(path, sealed), KEY).equals(clear)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('reads what openssl writes, however the bytes come', async () => {
    await holdsAsync(
      fc.asyncProperty(bytes, lengths, async (clear, cuts) => {
        const opened = await through(decrypting(KEY), opensslSeals(clear, KEY), cuts);
        expect(opened.equals(clear)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 15, 16, 17, 65_535, 65_536, 1_000_003])('goes both ways with %i bytes', async (size) => {
    const clear = randomBytes(size);
    const sealed = await through(encrypting(KEY, randomBytes), clear, []);
    expect(sealed.length).toBe(16 + (Math.floor(size / 16) + 1) * 16);
    expect(opensslOpens(write(path, sealed), KEY).equals(clear)).toBe(true);
    expect((await through(decrypting(KEY), sealed, [1, 7, 8, 1])).equals(clear)).toBe(true);
  });

  test('gives the first bytes without the rest', async () => {
    const sealed = opensslSeals(Buffer.from('0123456789abcdef and more'), KEY);
    expect(firstBlock(sealed.subarray(0, 32), KEY).toString()).toBe('0123456789abcdef');
    expect(readFileSync(write(path, sealed)).length).toBe(48);
  });

  test('refuses what is no bundle', async () => {
    for (const text of ['', 'S', 'Salted__', 'Salted__1234567', 'x'.repeat(100)])
      expect(await refusal(through(decrypting(KEY), Buffer.from(text), [3, 3]))).toMatch(
        /^usage: (this is no sealed bundle|the bundle can not be decrypted)/,
      );
    for (const text of ['', 'Salted__12345678', `salted__${'x'.repeat(40)}`])
      expect(() => firstBlock(Buffer.from(text), KEY)).toThrow(/^this is no sealed bundle/);
  });

  test('has keys of 256 fresh bits', () => {
    const asked: number[] = [];
    const key = newBundleKey((size) => {
      asked.push(size);
      return Buffer.alloc(size, 0xa5);
    });
    expect({ key, asked }).toEqual({ key: 'a5'.repeat(32), asked: [32] });
    expect([key, key.toUpperCase(), `${key}0`, key.slice(1), `${key}\n`, ''].map(isBundleKey)).toEqual([
      true,
      ...Array.from({ length: 5 }, () => false),
    ]);
  });
});
