import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/local-cloud.ts';
import { ask, proxying, upstreamProxy, web } from './lines.ts';

describe('a request with an absolute URL', () => {
  test('is passed on as it stands, without what is the connection’s alone', async () => {
    await using site = await web((request, response) => {
      response.writeHead(201, 'Made', { 'x-told': ['one', 'two'], 'keep-alive': 'timeout=9' });
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
    });
    await using proxy = await proxying();
    const { status, reason, headers, text } = await ask(
      proxy,
      `http://127.0.0.1:${site.port}/a/../b%20c?d=http://e/`,
      {
        headers: {
          host: 'another',
          'proxy-connection': 'keep-alive',
          connection: 'x-mine',
          'x-mine': '1',
          'x-kept': '2',
        },
      },
    );
    expect([status, reason, headers['x-told'], headers['keep-alive']]).toEqual([
      201,
      'Made',
      'one, two',
      'timeout=5',
    ]);
    expect(JSON.parse(text)).toEqual({
      method: 'GET',
      url: '/a/../b%20c?d=http://e/',
      headers: { host: `127.0.0.1:${site.port}`, connection: 'close', 'x-kept': '2' },
    });
  });

  test.each([
    ['with its length', { 'content-length': '300000' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
    ['that waits to be asked for', { 'content-length': '300000', expect: '100-continue' }],
  ])('has a body %s', async (_how, headers) => {
    await using site = await web(async (request, response) => {
      let length = 0;
      for await (const chunk of request) length += (chunk as Buffer).length;
      response.end(`${request.method} ${length} ${request.headers['transfer-encoding'] ?? 'plain'}`);
    });
    await using proxy = await proxying();
    const url = `http://127.0.0.1:${site.port}`;
    const framing = 'transfer-encoding' in headers ? 'chunked' : 'plain';
    for (const method of ['POST', 'DELETE'])
      expect(await ask(proxy, url, { method, headers, body: 'x'.repeat(300_000) })).toMatchObject({
        text: `${method} 300000 ${framing}`,
      });
  });

  test('of HTTP/1.0 gets no chunks', async () => {
    await using site = await web((_request, response) => {
      response.write('in ');
      setTimeout(() => response.end('chunks'), 20);
    });
    await using proxy = await proxying();
    const client = connect(proxy.port, '127.0.0.1');
    client.write(`GET http://127.0.0.1:${site.port}/ HTTP/1.0\r\n\r\n`);
    let text = '';
    for await (const chunk of client) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\n\r\nin chunks$/);
  });

  test('that a server answers before it has read it comes to its answer', async () => {
    await using site = await web((_request, response) => response.writeHead(413).end('too long'));
    await using proxy = await proxying();
    const url = `http://127.0.0.1:${site.port}/`;
    const sent = ask(proxy, url, { method: 'POST', body: 'x'.repeat(60_000) });
    expect(await sent).toMatchObject({ status: 413, text: 'too long' });
  });

  test('is told when its answer breaks off', async () => {
    await using site = await web((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await using proxy = await proxying();
    await expect(ask(proxy, `http://127.0.0.1:${site.port}/`)).rejects.toThrow('aborted');
  });

  test('ends at the server too when its client goes away', async () => {
    await using site = await web((_request, response) => void response.write('for ever'));
    await using proxy = await proxying();
    const client = connect(proxy.port, '127.0.0.1');
    client.write(`GET http://127.0.0.1:${site.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(client, 'data');
    expect(await site.connections()).toBe(1);
    client.destroy();
    await until('the server is left alone', async () => (await site.connections()) === 0);
  });
});

describe('a refusal is a sentence, in the status line too', () => {
  test.each([
    [
      'http://127.0.0.9/',
      403,
      /^a local machine may not reach 127\.0\.0\.9: it is a refused address; use a public/,
    ],
    ['http://2130706441/', 403, /^a local machine may not reach 127\.0\.0\.9: it is/],
    ['http://user@127.0.0.9:80/', 403, /^a local machine may not reach 127\.0\.0\.9: it is/],
    [
      'http://no-such-name.invalid/',
      502,
      /^no-such-name\.invalid can't be reached from this machine: .+; check/,
    ],
    ['https://127.0.0.1/', 400, /^this is the proxy of rolecall's local machines: ask it for/],
    ['/latest/meta-data', 400, /^this is the proxy/],
  ])('%s', async (url, status, sentence) => {
    await using proxy = await proxying();
    const answer = await ask(proxy, url, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(status);
    expect(answer.reason).toMatch(sentence);
    expect(answer.text).toBe(`${answer.reason}\n`);
  });

  test('a name counts by what it resolves to', async () => {
    await using proxy = await proxying({ refusal: () => 'a loopback address' });
    expect(await ask(proxy, 'http://localhost/')).toMatchObject({
      status: 403,
      text: expect.stringMatching(/may not reach localhost: (127\.0\.0\.1|::1) is a loopback address/),
    });
  });

  test('a server that is not there, that hangs up, or that says nothing', async () => {
    const silent = createServer((socket) => void socket.once('data', () => socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    await using proxy = await proxying();
    expect(await ask(proxy, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 502 });
    await new Promise((resolve) => silent.close(resolve));
    expect(await ask(proxy, `http://127.0.0.1:${port}/`)).toMatchObject({
      status: 502,
      text: `127.0.0.1:${port} can't be reached from this machine: connection refused; check the name, and the network here\n`,
    });
    await using site = await web(() => undefined);
    await using hasty = await proxying({ idleMs: 50 });
    expect(await ask(hasty, `http://127.0.0.1:${site.port}/`)).toMatchObject({
      status: 502,
      reason: expect.stringContaining('no answer in time'),
    });
  });
});

describe('behind a proxy of the operator’s own', () => {
  test('requests go there, with its user and without one of the machine’s, but for NO_PROXY', async () => {
    await using site = await web((_request, response) => response.end('directly'));
    await using upstream = await upstreamProxy(site.port);
    const env = { HTTP_PROXY: `http://me:s%40crt@127.0.0.1:${upstream.port}`, NO_PROXY: 'localhost' };
    await using proxy = await proxying({ env });
    const headers = { 'proxy-authorization': 'Basic machine' };
    expect(await ask(proxy, 'http://u:p@outside.invalid/x?y', { headers })).toMatchObject({
      text: 'from the upstream',
    });
    expect(await ask(proxy, `http://localhost:${site.port}/`)).toMatchObject({ text: 'directly' });
    expect(await ask(proxy, 'http://127.0.0.9/')).toMatchObject({ status: 403 });
    const user = Buffer.from('me:s@crt').toString('base64');
    expect(upstream.asked).toEqual([`GET http://outside.invalid/x?y Basic ${user}`]);
  });

  test('what is no URL is told, without the secrets in it', async () => {
    await using proxy = await proxying({ env: { http_proxy: 'socks5://me:secret@one' } });
    const { status, text } = await ask(proxy, 'http://127.0.0.1/');
    expect(status).toBe(502);
    expect(text).toContain("the proxy in this machine's environment is no http:// or https:// URL");
    expect(text).not.toContain('secret');
  });
});
