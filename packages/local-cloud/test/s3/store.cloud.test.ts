import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holds, holdsAsync } from '../../../../test/support/property.ts';
import { keyOf, keyPath } from '../../src/s3/key-path.ts';
import { pageOf } from '../../src/s3/listing.ts';
import { byBytes, ObjectStore } from '../../src/s3/store.ts';
import { sweep } from '../../src/s3/sweep.ts';
import { ended, start, storeProgram } from './programs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = { now: () => Date.now() };
const open = () => ObjectStore.open(join(folder, 's3'), undefined, clock);

describe('the path of a key', () => {
  const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });

  test('gives the key back, in names that a file system takes', () => {
    holds(
      fc.property(key, (text) => {
        const path = keyPath(text);
        expect(keyOf(path)).toBe(text);
        for (const name of path) {
          expect(name).toMatch(/^[A-Za-z0-9_=+-]{1,201}$/);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        }
      }),
    );
  });

  test('of one key never lies in the folder of another', () => {
    holds(
      fc.property(key, key, (one, other) => {
        fc.pre(one !== other);
        const [a, b] = [keyPath(one).join('/'), keyPath(other).join('/')];
        expect(`${b}/`.startsWith(`${a}/`)).toBe(false);
      }),
    );
  });
});

describe('a listing', () => {
  async function* of(keys: readonly string[]) {
    for (const each of keys) yield { key: each };
  }
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), minLength: 1, maxLength: 6 });

  test('page by page is the whole, folded at the delimiter', async () => {
    await holdsAsync(
      fc.asyncProperty(
        fc.uniqueArray(letters, { maxLength: 30 }),
        fc.constantFrom('', 'a', 'a/', 'b/a'),
        fc.constantFrom('', '/'),
        fc.integer({ min: 1, max: 5 }),
        async (all, prefix, delimiter, max) => {
          const keys = all.filter((each) => each.startsWith(prefix)).sort(byBytes);
          const seen: string[] = [];
          let after = '';
          for (;;) {
            const rest = keys.filter((each) => byBytes(each, after) > 0);
            const page = await pageOf(of(rest), { prefix, delimiter, after, max });
            const names = [...page.objects.map((object) => object.key), ...page.folders];
            expect(names.length).toBeLessThanOrEqual(max);
            seen.push(...names.sort(byBytes));
            if (page.next === undefined) break;
            after = page.next;
          }
          const model = keys.map((each) => {
            const end = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length);
            return end < 0 ? each : each.slice(0, end + 1);
          });
          expect(seen).toEqual([...new Set(model)].sort(byBytes));
        },
      ),
    );
  });
});

async function bucket(): Promise<ObjectStore> {
  const store = await open();
  await store.createBucket({ name: 'b', region: 'us-east-1', publicRead: false, createdAt: 0 });
  return store;
}

test('processes that count by comparing and swapping lose no count', async () => {
  const store = await bucket();
  const path = await storeProgram(
    folder,
    `(async () => {
    const store = await open();
    for (let done = 0; done < 40; ) {
      const seen = await store.object('b', 'counter');
      const next = Number(seen === undefined ? 0 : Buffer.from(seen.content.base64, 'base64').toString()) + 1;
      let won = false;
      await store.write('b', 'counter', (now) => {
        won = now?.etag === seen?.etag;
        return won ? inline('counter', String(next)) : 'same';
      });
      if (won) done += 1;
    }
  })();`,
  );
  const codes = await Promise.all([1, 2, 3, 4].map(() => ended(start(path))));
  expect(codes).toEqual([0, 0, 0, 0]);
  const counter = await store.object('b', 'counter');
  expect(counter?.content).toEqual({ kind: 'inline', base64: Buffer.from('160').toString('base64') });
});

test('a writer that is killed leaves the old object or the new one, never a torn one', async () => {
  const store = await bucket();
  const path = await storeProgram(
    folder,
    `(async () => {
    const store = await open();
    console.log('ready');
    for (let turn = 0; ; turn += 1) {
      const text = String(turn % 10).repeat(3_000_000);
      const body = (async function* () { for (let at = 0; at < text.length; at += 65_536) yield Buffer.from(text.slice(at, at + 65_536)); })();
      const { content, size } = await store.blobs.receive(body, [], false);
      await store.write('b', 'k', () => ({ ...inline('k', ''), size, content: { kind: 'segments', segments: [content.segment] } }));
    }
  })();`,
  );
  for (let turn = 0; turn < 12; turn += 1) {
    const writer = start(path);
    await new Promise((resolve) => writer.stdout?.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    writer.kill('SIGKILL');
    await ended(writer);
    const object = await store.object('b', 'k');
    if (object === undefined) continue;
    const chunks: Buffer[] = [];
    const [segment] = object.content.kind === 'segments' ? object.content.segments : [];
    if (segment === undefined) throw new Error('the object has lost its bytes');
    for await (const chunk of store.blobs.read(segment, 0, segment.size)) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks).toString();
    expect([bytes.length, new Set(bytes).size]).toEqual([3_000_000, 1]);
    const keys: string[] = [];
    for await (const { key } of store.objects('b', '')) keys.push(key);
    expect(keys).toEqual(['k']);
  }
});

test('what crashes have left is swept away once it is old, and nothing else', async () => {
  const store = await bucket();
  const { content } = await store.blobs.receive(
    (async function* () {
      yield Buffer.from('kept');
    })(),
    [],
    false,
  );
  if (content.kind !== 'blob') throw new Error('not inline');
  await store.write('b', 'k', () => ({
    key: 'k',
    size: 4,
    etag: 'e',
    checksums: {},
    checksumType: 'FULL_OBJECT',
    headers: {},
    publicRead: false,
    modifiedAt: 0,
    content: { kind: 'segments', segments: [content.segment] },
  }));
  const blobs = join(folder, 's3/blobs');
  for (const name of ['old-orphan', 'young-orphan']) writeFileSync(join(blobs, name), 'x');
  const longAgo = new Date(Date.now() - 48 * 3_600_000);
  for (const name of ['old-orphan', content.segment.blob]) utimesSync(join(blobs, name), longAgo, longAgo);
  await sweep(store, Date.now());
  expect(readdirSync(blobs).sort()).toEqual([content.segment.blob, 'young-orphan'].sort());
});

test('a listing by prefix gives exactly the keys that begin with it, however long, whatever their letters', async () => {
  const store = await ObjectStore.open(join(folder, 's3'), undefined, clock);
  await store.createBucket({ name: 'prefixes', region: 'us-east-1', publicRead: false, createdAt: 0 });
  const keys = [
    'a',
    'a.b',
    'a/b',
    'b',
    `${'a'.repeat(250)}/x`,
    `${'a'.repeat(250)}b`,
    `${'é'.repeat(60)}/1`,
    'é=+%',
  ];
  for (const key of keys)
    await store.write('prefixes', key, () => ({
      key,
      size: 0,
      etag: 'e',
      checksums: {},
      checksumType: 'FULL_OBJECT',
      headers: {},
      publicRead: false,
      modifiedAt: 0,
      content: { kind: 'inline', base64: '' },
    }));
  const prefixes = new Set(['', 'none', ...keys, ...keys.map((key) => key.slice(0, key.length / 2 + 1))]);
  for (const prefix of prefixes)
    for (const after of ['', 'a/b', `${'a'.repeat(250)}/x`]) {
      const listed: string[] = [];
      for await (const { key } of store.objects('prefixes', prefix, after)) listed.push(key);
      const expected = keys.filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0).sort(byBytes);
      expect({ prefix, after, listed }).toEqual({ prefix, after, listed: expected });
    }
});
