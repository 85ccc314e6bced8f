import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { main } from '../../src/cli/main.ts';
import { systemClock } from '../../src/clock.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { ROOT } from '../support/cli.ts';
import { words } from './run.ts';

test('a reader that has gone away (EPIPE) is no failure', async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const stderr = new PassThrough();
  const code = await main(words('roles show web --env prod --context a'), {
    terminal: terminal({ stdin: new PassThrough(), stdout, stderr }, {}),
    clock: systemClock,
    env: {},
    cwd: ROOT,
    signal: new AbortController().signal,
  });
  expect({ code, stderr: stderr.read() }).toEqual({ code: 0, stderr: null });
});
