import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { InterruptedError } from '../../src/errors.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { waiting } from '../../src/terminal/waiting.ts';
import { bundleDriver, onPty } from '../terminal/pty.ts';

const BUILDING = { doing: 'building the image', aside: 'only once' };

/** A stderr that is no terminal, and what came to it. */
function log(signal = new AbortController().signal) {
  const stderr = new PassThrough();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  return { host: { terminal: terminal(streams, {}), clock: systemClock, signal }, stderr };
}

/** Settles when the log has its first line. */
const firstLine = (stderr: PassThrough): Promise<string> =>
  new Promise((resolve) => stderr.once('data', (text: Buffer) => resolve(String(text))));

describe('without a terminal', () => {
  test('one line, once it takes longer than a moment', async () => {
    const { host, stderr } = log();
    const said = firstLine(stderr);
    expect(await waiting(host, BUILDING, said)).toBe('building the image (only once)\n');
    expect(stderr.read()).toBeNull();
  });

  test('nothing about what is done at once', async () => {
    const { host, stderr } = log();
    expect(await waiting(host, BUILDING, Promise.resolve(7))).toBe(7);
    expect(stderr.read()).toBeNull();
  });
});

test.each([
  ['has no cursor to move', {}],
  ['has no line to clear', { cursorTo: () => true }],
])('a stream that calls itself a terminal, and %s, gets a line and no spinner', async (_what, more) => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, ...more });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const signal = new AbortController().signal;
  const host = { terminal: terminal(streams, {}), clock: systemClock, signal };
  expect(await waiting(host, BUILDING, firstLine(stderr))).toBe('building the image (only once)\n');
  expect(stderr.read()).toBeNull();
});

test('Ctrl-C ends the wait at once, whatever becomes of the work', async () => {
  const abort = new AbortController();
  const { host } = log(abort.signal);
  const wait = waiting(host, BUILDING, new Promise(() => undefined));
  abort.abort();
  await expect(wait).rejects.toThrow(
    new InterruptedError('stopped while building the image: nothing was launched'),
  );
});

test('work that fails passes its error on', async () => {
  const { host } = log();
  await expect(waiting(host, BUILDING, Promise.reject(new Error('no room')))).rejects.toThrow('no room');
});

test('on a terminal: a spinner with the time, which leaves nothing behind', async () => {
  const driver = await bundleDriver(`
import { systemClock } from './src/clock.ts';
import { terminal } from './src/terminal/terminal.ts';
import { waiting } from './src/terminal/waiting.ts';
const host = { terminal: terminal(process, process.env), clock: systemClock, signal: new AbortController().signal };
process.stdin.once('data', () => process.stdin.pause());
await waiting(host, ${JSON.stringify(BUILDING)}, new Promise((resolve) => process.stdin.once('data', resolve)));
process.stdout.write('over\\n');
`);
  try {
    const program = onPty(driver.file, { columns: 80 });
    await program.sees('building the image (only once), 0 s');
    await program.sees('building the image (only once), 1 s');
    program.send('\r');
    await program.sees('over');
    expect(await program.ended()).toBe(0);
    const raw = program.raw();
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
    expect(raw.slice(raw.lastIndexOf('1 s'))).toContain('\u001b[1G\u001b[0K');
  } finally {
    await driver.remove();
  }
});
