import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { installation } from '../../../src/actions/local/installation.ts';
import { systemClock } from '../src/clock.ts';
import { serveRequested } from '../src/serve-request.ts';

const host = () => ({
  ...{ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
  ...{ signal: new AbortController().signal, clock: systemClock, installation: installation() },
});

test.each(['', 'not JSON', 'null', '7', '{}', '{"folder":"state/local"}', '{"folder":7}'])(
  'a request that no command makes is refused before anything is touched: %j',
  async (text) => {
    const streams = host();
    await expect(serveRequested(text, streams)).rejects.toMatchObject({
      kind: 'usage',
      message: 'the request of a local cloud is not JSON with an absolute folder',
      hint: 'start a local cloud with: rolecall local up',
    });
    expect(streams.stdout.read()).toBeNull();
  },
);
