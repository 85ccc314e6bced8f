import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/local-cloud.ts';
import { connectTo, type Listening, listening, proxying, upstreamProxy } from './lines.ts';

/** Says back in capitals what it hears, and how much that was when its client ends. */
const echo = (): Promise<Listening> =>
  listening(
    createServer({ allowHalfOpen: true }, (socket) => {
      let count = 0;
      socket.on('data', (chunk) => {
        count += chunk.length;
        socket.write(chunk.toString().toUpperCase());
      });
      socket.on('end', () => setTimeout(() => socket.end(`\n${count}`), 20));
    }),
  );

describe('a tunnel', () => {
  test('carries bytes both ways, the first with the request, and outlives the end of one side', async () => {
    await using server = await echo();
    await using proxy = await proxying();
    const { socket, said, heard } = await connectTo(proxy, `localhost:${server.port}`, 'early ');
    expect(said).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\n/);
    socket.end('x'.repeat(200_000));
    expect(await heard).toBe(`EARLY ${'X'.repeat(200_000)}\n200006`);
    await until(
      'nothing is left',
      async () => (await server.connections()) + (await proxy.connections()) === 0,
    );
  });

  test('whose server ends first still takes what its client says', async () => {
    let heard = '';
    await using server = await listening(
      createServer({ allowHalfOpen: true }, (socket) => {
        socket.end('bye');
        socket.on('data', (chunk) => {
          heard += String(chunk);
        });
      }),
    );
    await using proxy = await proxying();
    const { socket, heard: end } = await connectTo(proxy, `127.0.0.1:${server.port}`);
    expect(await end).toBe('bye');
    socket.end('last words');
    await until('they are heard', async () => heard === 'last words');
  });

  test.each(['client', 'server'] as const)('that its %s breaks is broken on both sides', async (who) => {
    await using server = await listening(
      createServer((socket) => void socket.on('data', () => who === 'server' && socket.resetAndDestroy())),
    );
    await using proxy = await proxying();
    const { socket, heard } = await connectTo(proxy, `127.0.0.1:${server.port}`);
    if (who === 'client') socket.resetAndDestroy();
    else {
      socket.write('break');
      await heard;
    }
    await until(
      'nothing is left',
      async () => (await server.connections()) + (await proxy.connections()) === 0,
    );
  });

  test('on which nothing moves is broken', async () => {
    await using server = await echo();
    await using proxy = await proxying({ idleMs: 50 });
    const { heard } = await connectTo(proxy, `127.0.0.1:${server.port}`);
    await heard;
    await until(
      'nothing is left',
      async () => (await server.connections()) + (await proxy.connections()) === 0,
    );
  });

  test.each([
    ['127.0.0.9:443', 403, /may not reach 127\.0\.0\.9: it is a refused address/],
    ['2130706441:443', 403, /may not reach 127\.0\.0\.9: it is a refused address/],
    ['127.0.0.1:1', 502, /^127\.0\.0\.1:1 can't be reached from this machine: connection refused; check/],
    ['no-such-name.invalid:443', 502, /^no-such-name\.invalid can't be reached/],
    ['127.0.0.1', 400, /^CONNECT needs a HOST:PORT$/],
    ['user@127.0.0.1:443', 400, /^CONNECT needs a HOST:PORT$/],
    ['127.0.0.1:99999', 400, /^CONNECT needs a HOST:PORT$/],
  ])('to %s is refused with a sentence', async (authority, status, sentence) => {
    await using proxy = await proxying();
    const { said, heard } = await connectTo(proxy, authority);
    const told = (await heard).trim();
    expect(said).toContain(`HTTP/1.1 ${status} ${told}\r\n`);
    expect(told).toMatch(sentence);
  });
});

describe('a tunnel behind a proxy of the operator’s own', () => {
  test('is made by that, but for NO_PROXY', async () => {
    await using server = await echo();
    await using upstream = await upstreamProxy(server.port);
    const env = { https_proxy: `127.0.0.1:${upstream.port}`, no_proxy: 'localhost' };
    await using proxy = await proxying({ env });
    for (const authority of ['outside.invalid:443', `localhost:${server.port}`]) {
      const { socket, said, heard } = await connectTo(proxy, authority);
      expect(said).toMatch(/^HTTP\/1\.1 200 /);
      socket.end('hello');
      expect(await heard).toBe('HELLO\n5');
    }
    expect(upstream.asked).toEqual(['CONNECT outside.invalid:443 -']);
  });

  test('that refuses is told with its words', async () => {
    await using upstream = await upstreamProxy(1);
    await using proxy = await proxying({
      env: { https_proxy: `http://me:secret@127.0.0.1:${upstream.port}` },
    });
    const { said } = await connectTo(proxy, 'forbidden.example:443');
    expect(said).toMatch(
      /^HTTP\/1\.1 502 this machine's own proxy 127\.0\.0\.1:\d+ refuses forbidden\.example:443: 407 Who are you; ask/,
    );
    expect(said).not.toContain('secret');
    await until('nothing is left', async () => (await upstream.connections()) === 0);
  });

  test('that is not there is told', async () => {
    await using proxy = await proxying({ env: { https_proxy: 'http://127.0.0.1:1' } });
    const { said } = await connectTo(proxy, 'outside.invalid:443');
    expect(said).toMatch(
      /^HTTP\/1\.1 502 outside\.invalid can't be reached from this machine: connection refused/,
    );
  });
});
