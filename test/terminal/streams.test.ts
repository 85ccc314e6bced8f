import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { writeReport } from '../../src/terminal/report.ts';
import { breakOf, outliveErrors, say, write } from '../../src/terminal/streams.ts';
import { terminal } from '../../src/terminal/terminal.ts';

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
  await expect(write(failing('ENOSPC'), 'x')).rejects.toMatchObject({
    exit: 'usage',
    message: "stdout can't be written: write ENOSPC",
  });
});

test('what people may read or not is never an error', async () => {
  await expect(say(failing('ENOSPC'), 'x')).resolves.toBeUndefined();
  await expect(say(failing('EIO'), 'x')).resolves.toBeUndefined();
});

test('a stream that broke in between is known to be broken, though nobody waited for that write', async () => {
  const [stdin, stdout, stderr] = [new PassThrough(), failing('ENOSPC'), failing('EPIPE')];
  outliveErrors({ stdin, stdout, stderr });
  stdout.write('an event');
  stderr.write('a line');
  stdin.destroy(new Error('read EIO'));
  await new Promise(setImmediate);
  expect([breakOf(stdout)?.code, breakOf(stderr)?.code, breakOf(stdin)?.message]).toEqual([
    'ENOSPC',
    'EPIPE',
    'read EIO',
  ]);
  await expect(write(stdout, 'the rest')).rejects.toThrow('write ENOSPC');
  await expect(say(stderr, 'the rest')).resolves.toBeUndefined();
});

test.each([
  ['a next step where there is one', 'rolecall watch l-1', '  → rolecall watch l-1\n'],
  ['what holds in any case where there is none', undefined, '  → what the command did is done'],
])('a report that is lost is told on stderr, with %s', async (_what, again, told) => {
  const stderr = new PassThrough({ encoding: 'utf8' });
  await writeReport(terminal({ stdin: new PassThrough(), stdout: failing('EIO'), stderr }, {}), '{}', again);
  expect(stderr.read()).toMatch(/^error: the report could not be written to stdout: write EIO\n/);
  await writeReport(terminal({ stdin: new PassThrough(), stdout: failing('EIO'), stderr }, {}), '{}', again);
  expect(stderr.read()).toContain(told);
});
