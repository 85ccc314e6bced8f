import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Bytes of a member: small enough to keep all cores busy, large enough to cost nothing. */
const BLOCK = 1024 * 1024;
/** Members in work at once: as many as Node's pool has threads. */
const AT_ONCE = 4;

/**
 * Compresses a stream as a row of gzip members, which gunzip takes for one (RFC 1952, section 2.2), each on a thread of its
 * own. The bytes don't depend on how the input is cut, nor on how many cores there are.
 * @param level 1 to 9
 */
export async function* gzipMembers(
  chunks: AsyncIterable<Buffer>,
  level: number,
): AsyncGenerator<Buffer, void> {
  const pending: Promise<Buffer>[] = [];
  for await (const block of blocksOf(chunks)) {
    pending.push(compress(block, { level }));
    // Whoever throws while others wait must not leave a rejection that nobody sees.
    pending.at(-1)?.catch(() => undefined);
    if (pending.length >= AT_ONCE) yield await (pending.shift() as Promise<Buffer>);
  }
  for (const member of pending) yield await member;
}

/** The same bytes in blocks of one size, but for the last. */
async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (length + rest.length >= BLOCK) {
      const taken = BLOCK - length;
      yield Buffer.concat([...parts, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}
