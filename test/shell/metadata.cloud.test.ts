import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withBootstrapper } from './bash.ts';
import { SIGNED } from './box.ts';
import { answer, cutOff, INSTANCE_ID, type MetadataServer, serveMetadata } from './metadata-server.ts';

let work = '';
let server: MetadataServer;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'rolecall-metadata-'));
});
afterEach(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

const TOKEN_PUT = 'PUT /latest/api/token';
const USER_DATA = 'GET /latest/user-data';

/** Fetches user data with four quick tries; `outcome` is `ok` or the sentence about the problem. */
async function fetchUserData(url = server.url, setup = '') {
  const { stdout } = await withBootstrapper(
    `METADATA_URL=$1 WORK=$2 METADATA_WAITS=(0.01 0.01 0.01); ${setup}
     if get_metadata /latest/user-data --output "$WORK/user-data"; then REPLY=ok; else metadata_problem; fi; printf '%s' "$REPLY"`,
    [url, work],
  );
  return {
    outcome: stdout,
    body: stdout === 'ok' ? readFileSync(join(work, 'user-data'), 'utf8') : undefined,
  };
}

describe('get_metadata', () => {
  test('asks for a token, then for user data', async () => {
    server = await serveMetadata(SIGNED);
    expect(await fetchUserData()).toEqual({ outcome: 'ok', body: SIGNED });
    expect(server.requests).toEqual([TOKEN_PUT, USER_DATA]);
  });

  test('keeps a token', async () => {
    server = await serveMetadata(SIGNED);
    await fetchUserData(server.url, 'get_metadata /latest/meta-data/instance-id --output "$WORK/id"');
    expect(server.requests).toEqual([TOKEN_PUT, 'GET /latest/meta-data/instance-id', USER_DATA]);
    expect(readFileSync(join(work, 'id'), 'utf8')).toBe(INSTANCE_ID);
  });

  test.each([
    ['500, then 503, then an answer', { [USER_DATA]: [answer(500), answer(503)] }, 2],
    ['throttled', { [USER_DATA]: [answer(429)] }, 1],
    ['an answer cut off', { [USER_DATA]: [cutOff, cutOff, cutOff] }, 3],
    ['a hang-up without a word', { [TOKEN_PUT]: [(request) => request.destroy()] }, 0],
    ['no token at first', { [TOKEN_PUT]: [answer(500), answer(200, ''), answer(200, 'a b')] }, 0],
  ] satisfies [string, Parameters<typeof serveMetadata>[1], number][])(
    'tries again: %s',
    async (_what, special, again) => {
      server = await serveMetadata(SIGNED, special);
      expect(await fetchUserData()).toEqual({ outcome: 'ok', body: SIGNED });
      expect(server.requests.filter((request) => request === USER_DATA)).toHaveLength(1 + again);
    },
  );

  test('asks for a new token when the old one has expired', async () => {
    server = await serveMetadata(SIGNED, { [USER_DATA]: [answer(401)] });
    expect((await fetchUserData()).outcome).toBe('ok');
    expect(server.requests).toEqual([TOKEN_PUT, USER_DATA, TOKEN_PUT, USER_DATA]);
  });

  test.each([
    ['no user data', {}, 'this machine has no user data', 2],
    [
      'the service is switched off',
      { [TOKEN_PUT]: [answer(403)] },
      'refuses PUT /latest/api/token (403): it is switched off',
      1,
    ],
    ['a PUT that is refused', { [TOKEN_PUT]: [answer(400)] }, 'answers 400 to PUT /latest/api/token', 1],
    ['user data that is refused', { [USER_DATA]: [answer(403)] }, 'refuses GET /latest/user-data (403)', 2],
  ])('gives up at once: %s', async (_what, special, sentence, requests) => {
    server = await serveMetadata(undefined, special);
    const { outcome } = await fetchUserData();
    expect(outcome).toContain(sentence);
    expect(server.requests).toHaveLength(requests);
  });

  test.each([
    [
      'errors only',
      { [USER_DATA]: Array.from({ length: 9 }, () => answer(500)) },
      'answers 500 to GET /latest/user-data',
    ],
    [
      'tokens that are never good',
      { [USER_DATA]: Array.from({ length: 9 }, () => answer(401)) },
      'keeps refusing our token',
    ],
    ['always cut off', { [USER_DATA]: Array.from({ length: 9 }, () => cutOff) }, 'curl: (18)'],
  ])('gives up after its tries: %s', async (_what, special, sentence) => {
    server = await serveMetadata(SIGNED, special);
    expect((await fetchUserData()).outcome).toContain(sentence);
    expect(server.requests.filter((request) => request === USER_DATA)).toHaveLength(4);
  });

  test('nobody there', async () => {
    server = await serveMetadata(SIGNED);
    await server.close();
    const { outcome } = await fetchUserData();
    expect(outcome).toMatch(
      /^no answer from the metadata service at 127\.0\.0\.1:\d+ to PUT \/latest\/api\/token: curl: \(7\) /,
    );
  });

  test('a service that never answers is left after curl time limit', async () => {
    server = await serveMetadata(SIGNED, { [USER_DATA]: Array.from({ length: 9 }, () => () => undefined) });
    const quick = 'METADATA_WAITS=(0.01); curl() { command curl "$@" --max-time 0.3; }';
    expect((await fetchUserData(server.url, quick)).outcome).toContain('curl: (28)');
  });

  test('goes by no proxy and heeds no .curlrc', async () => {
    server = await serveMetadata(SIGNED);
    const setup =
      'export http_proxy=http://127.0.0.1:9 HOME=$WORK; echo "proxy = http://127.0.0.1:9" >"$HOME/.curlrc"';
    expect((await fetchUserData(server.url, setup)).outcome).toBe('ok');
  });
});

test('another metadata service is believed only below another root', async () => {
  server = await serveMetadata(SIGNED);
  const url = async (env: Record<string, string>) =>
    (
      await withBootstrapper('printf %s "$METADATA_URL"', [], {
        env: { ROLECALL_METADATA: server.url, ...env },
      })
    ).stdout;
  expect(await url({})).toBe('http://169.254.169.254');
  expect(await url({ ROLECALL_ROOT: work })).toBe(server.url);
});
