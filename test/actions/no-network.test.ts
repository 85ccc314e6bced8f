import { describe, expect, test } from '@jest/globals';
import { type LocalNetwork, withNetworkHint } from '../../src/actions/no-network.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { Failure, Verdict } from '../../src/watch/verdict.ts';
import { FAILED, machine } from '../reporters/support.ts';

const NONE: LocalNetwork = { kind: 'none', setting: 'local_image: {network: true} in roles.yaml' };

/** The hint on a failure; the texts are those of real boxes. */
function hintOn(failure: Partial<Failure>, network: LocalNetwork | undefined = NONE): string | undefined {
  const base: Failure = { step: 'init', status: 1, excerpt: [] };
  const verdict: Verdict = { ...FAILED, failure: { ...base, ...failure } };
  const event: WatchEvent = { type: 'verdict', at: 0, machine: machine(0), verdict };
  const hinted = withNetworkHint(event, network);
  if (hinted.type !== 'verdict' || hinted.verdict.outcome !== 'failed') throw new Error('another event');
  return hinted.verdict.failure.hint;
}

describe('a local machine without network', () => {
  test.each([
    'curl: (6) Could not resolve host: example.com',
    "E: Failed to fetch http://mirror.example.com/x.deb  Temporary failure resolving 'mirror.example.com'",
    'urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>',
    'wget: unable to resolve host address ‘example.com’',
    "fatal: unable to access 'https://example.com/x.git/': Could not resolve host: example.com",
    'ssh: Could not resolve hostname example.com: Temporary failure in name resolution',
    'npm error code ENOTFOUND',
    'java.net.UnknownHostException: repo.maven.apache.org',
    'Get "https://example.com": dial tcp: lookup example.com on [::1]:53: read udp: connection refused',
    ';; connection timed out; no servers could be reached',
    'connect: Network is unreachable',
  ])('is told by %s', (error) => {
    const hint =
      'local machines have no network, so they resolve no names; local_image: {network: true} in roles.yaml gives them one';
    expect(hintOn({ error })).toBe(hint);
  });

  test('is told by a line before the error', () => {
    const excerpt = ['TypeError: fetch failed', '  [cause]: Error: getaddrinfo EAI_AGAIN example.com'];
    expect(hintOn({ error: 'TypeError: fetch failed', excerpt })).toContain('network: true');
  });

  test('is told by getent, which prints nothing', () => {
    const error = 'getent hosts example.com printed nothing';
    expect(hintOn({ command: 'getent hosts example.com', commandStatus: 2, error })).toContain('network');
    expect(hintOn({ command: 'getent passwd nobody2', commandStatus: 2, error })).toBeUndefined();
  });

  test.each([
    'sudo: unable to resolve host ip-10-0-0-1: Name or service not known',
    'hostname: Name or service not known',
    'npm error ERESOLVE could not resolve dependency tree',
    'curl: (22) The requested URL returned error: 404',
    'curl: (7) Failed to connect to 127.0.0.1 port 80 after 0 ms: Connection refused',
  ])('is not blamed for %s', (error) => {
    expect(hintOn({ error })).toBeUndefined();
  });
});

test('a machine with the proxy is told that names are resolved by nothing else', () => {
  const error = 'ssh: Could not resolve hostname example.com: Temporary failure in name resolution';
  expect(hintOn({ error }, { kind: 'proxy' })).toContain('http_proxy');
});

test('a machine on AWS gets no hint', () => {
  const error = 'curl: (6) Could not resolve host: example.com';
  const verdict: Verdict = { ...FAILED, failure: { step: 'init', status: 6, error, excerpt: [] } };
  const event: WatchEvent = { type: 'verdict', at: 0, machine: machine(0), verdict };
  expect(withNetworkHint(event, undefined)).toBe(event);
});
