import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { write } from '../../src/io/streams.ts';

const failing = (code: string) =>
  new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
  });

test('waits until the text is handed over', async () => {
  const written: string[] = [];
  const slow = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      setImmediate(() => {
        written.push(String(chunk));
        done();
      });
    },
  });
  await write(slow, 'all of it');
  expect(written).toEqual(['all of it']);
  expect(slow.listenerCount('error')).toBe(0);
});

test('a reader that has gone away is no error', async () => {
  await expect(write(failing('EPIPE'), 'x')).resolves.toBeUndefined();
  const closed = new PassThrough();
  closed.destroy();
  await expect(write(closed, 'x')).resolves.toBeUndefined();
});

test('a full disk is one', async () => {
  await expect(write(failing('ENOSPC'), 'x')).rejects.toThrow('write ENOSPC');
});
