import { describe, expect, test } from '@jest/globals';
import { upstreamFor } from '../../src/outward/upstream.ts';

const upstream = (url: string, env: Record<string, string>) => upstreamFor(new URL(url), env)?.href;

describe('the operator’s own proxy', () => {
  test.each([
    ['http://a.example', { http_proxy: 'http://one:3128' }, 'http://one:3128/'],
    ['http://a.example', { HTTP_PROXY: 'one:3128' }, 'http://one:3128/'],
    ['http://a.example', { http_proxy: 'http://lower', HTTP_PROXY: 'http://upper' }, 'http://lower/'],
    ['https://a.example', { http_proxy: 'http://one' }, undefined],
    ['https://a.example', { HTTPS_PROXY: 'https://u:p@one' }, 'https://u:p@one/'],
    ['https://a.example', { ALL_PROXY: 'http://all' }, 'http://all/'],
    ['http://a.example', {}, undefined],
  ])('for %s of %j is %s', (url, env, proxy) => {
    expect(upstream(url, env as Record<string, string>)).toBe(proxy);
  });

  test.each([
    ['http://a.example', '*', true],
    ['http://a.example', 'example', true],
    ['http://a.example', 'b.example, .example', true],
    ['http://a.example', '*.example', true],
    ['http://A.Example', 'a.EXAMPLE', true],
    ['http://notexample', 'example', false],
    ['http://a.example', 'a.example:80', true],
    ['http://a.example', 'a.example:81', false],
    ['http://a.example:81', 'a.example:81', true],
    ['http://[2001:db8::1]', '2001:db8::1', true],
    ['http://[2001:db8::1]', '[2001:db8::1]:80', true],
    ['http://a.example', ' , ', false],
  ])('is not for %s with NO_PROXY=%s: %s', (url, no_proxy, excepted) => {
    expect(upstream(url, { http_proxy: 'http://one', no_proxy }) === undefined).toBe(excepted);
  });

  test.each(['socks5://one:1080', 'http://:x@:y'])('is refused unless it speaks HTTP: %s', (http_proxy) => {
    expect(() => upstream('http://a.example', { http_proxy })).toThrow(
      "the proxy in this machine's environment is no http:// or https:// URL",
    );
  });
});
