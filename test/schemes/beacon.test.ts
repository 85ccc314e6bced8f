import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { artifactNotices, payloadFor, sendsBeacons } from '../../src/actions/artifacts/artifacts.ts';
import { personalityArtifacts } from '../../src/actions/artifacts/personality.ts';
import type { LaunchId, Nonce } from '../../src/model.ts';
import { redact } from '../../src/redact.ts';
import { beaconVariables, type PinnedBeacon } from '../../src/schemes/beacon.ts';
import { redactScript } from '../../src/schemes/start-up-bundle/script.ts';
import { role } from '../launch/roles.ts';
import { written } from '../shell/bash.ts';
import { bundled } from '../support/artifacts.ts';

const TOKEN = `IQoJb3JpZ2luX2VjE+/${'x'.repeat(900)}==`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const policy = (folder: string, token?: string) =>
  base64(
    JSON.stringify({
      expiration: '2026-11-30T00:00:00Z',
      conditions: [
        ...(token === undefined ? [] : [['starts-with', '$X-Amz-Security-Token', '']]),
        ['starts-with', '$key', `team/${folder}/l-1/`],
      ],
    }),
  );

const beacon = (token?: string): PinnedBeacon => ({
  url: 'https://shop-rolecall.s3.us-east-1.amazonaws.com/',
  prefix: 'team/',
  credential: 'ASIAIOSFODNN7EXAMPLE/20261123/us-east-1/s3/aws4_request',
  date: '20261123T000000Z',
  token,
  policy: policy('beacons', token),
  signature: 'a'.repeat(64),
  log: { policy: policy('logs', token), signature: 'b'.repeat(64) },
});

const PLAIN = personalityArtifacts();
const draft = { launch: 'l-1' as LaunchId, nonce: '0'.repeat(32) as Nonce };
const bundle = {
  pinned: {
    url: `https://shop-rolecall.s3.us-east-1.amazonaws.com/b?X-Amz-Security-Token=${encodeURIComponent(TOKEN)}`,
    key: 'c'.repeat(64) as never,
    sha256: 'd'.repeat(64),
    compression: 'gzip' as const,
  },
};

describe.each([
  ['lasting keys', undefined],
  ['temporary credentials', TOKEN],
])('with %s', (_what, token) => {
  test('a personality holds the forms as they are sent, and what is shown of it hides them', async () => {
    const pinned = beacon(token);
    const { text } = payloadFor({ ...draft, role: role() }, { ...PLAIN, beacon: { pinned } });
    for (const line of [
      `rolecall_beacon_policy=${pinned.policy}`,
      `rolecall_log_policy=${pinned.log.policy}`,
      'rolecall_beacon_prefix=team/',
    ])
      expect(text.split('\n')).toContain(line);
    const shown = redact(text);
    const secrets = [pinned.policy, pinned.signature, pinned.log.policy, pinned.log.signature, TOKEN, 'ASIA'];
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(shown).toContain(`rolecall_beacon_url=${pinned.url}\n`);
  });

  test('a start-up script has room for them, hides them too, and the box makes the same policy', async () => {
    const artifacts = { ...bundled(bundle), beacon: { pinned: beacon(token) } };
    const { text } = payloadFor({ ...draft, role: role() }, artifacts);
    expect(text).toMatch(/^rolecall_beacon_url='/m);
    const shown = redactScript(text);
    for (const secret of ['starts-with', 'a'.repeat(64), 'b'.repeat(64), TOKEN, 'ASIA'])
      expect(shown).not.toContain(secret);
    const variables = Object.fromEntries(beaconVariables(beacon(token)));
    const made = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `source "$1"; learn_beacon; printf %s "\${BEACON[log_policy]}"`,
        'bash',
        written('runner.sh'),
      ],
      { env: { PATH: process.env['PATH'], ...variables }, encoding: 'utf8' },
    );
    expect(made).toMatchObject({ status: 0, stdout: policy('logs', token), stderr: '' });
    // The token, which is long, stands there once.
    if (token !== undefined) expect(text.split(token)).toHaveLength(2);
  });
});

test('beacons that there is no room for are left out, and that is told', async () => {
  const personality = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`k${i}`, 'v'.repeat(1_024)]));
  const artifacts = { ...PLAIN, beacon: { pinned: beacon(TOKEN) } };
  const payload = payloadFor({ ...draft, role: role({}, { personality }) }, artifacts);
  expect(sendsBeacons(payload)).toBe(false);
  expect(artifactNotices(artifacts, payload)).toEqual([expect.stringMatching(/no room/)]);
  const small = payloadFor({ ...draft, role: role() }, artifacts);
  expect([sendsBeacons(small), artifactNotices(artifacts, small)]).toEqual([true, []]);
});

test('what is too large even without them is refused', async () => {
  const personality = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'.repeat(1_024)]));
  const artifacts = { ...PLAIN, beacon: { pinned: beacon() } };
  const refused = () => payloadFor({ ...draft, role: role({}, { personality }) }, artifacts);
  expect(refused).toThrow(/over EC2's limit/);
});
