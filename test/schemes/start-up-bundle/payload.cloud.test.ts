import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCatalogue } from '../../../src/catalogue/load.ts';
import { resolveRole } from '../../../src/catalogue/resolve.ts';
import type { Role } from '../../../src/catalogue/role.ts';
import { RolecallError } from '../../../src/errors.ts';
import { boxProgram, packageRoot } from '../../../src/files/package-root.ts';
import type { BundleKey, LaunchId, Nonce } from '../../../src/model.ts';
import { type PinnedBundle, startUpPayload } from '../../../src/schemes/start-up-bundle/payload.ts';
import { redactScript } from '../../../src/schemes/start-up-bundle/script.ts';
import { expectGolden } from '../../support/golden.ts';
import { holds } from '../../support/property.ts';

const TEMPLATE = boxProgram('start-up.sh');
const KEY = '0123456789abcdef'.repeat(4) as BundleKey;
const NONCE = '00112233445566778899aabbccddeeff' as Nonce;
const SIGNATURE = 'f0e1d2c3b4a59687'.repeat(4);
const BUNDLE: PinnedBundle = {
  url: `https://shop-rolecall.s3.eu-central-1.amazonaws.com/bundles/x/${'5'.repeat(64)}?X-Amz-Expires=21600&X-Amz-Signature=${SIGNATURE}&x-id=GetObject`,
  key: KEY,
  sha256: '5'.repeat(64),
  compression: 'gzip',
};
const RUN = { launch: '20260102-030405-1f2e3d' as LaunchId, nonce: NONCE, bundle: BUNDLE };

const shipped = readCatalogue(join(packageRoot(), 'roles.yaml'), packageRoot());
const sessions = resolveRole(shipped, { role: 'sessions', environment: 'prod', context: 'b' });
const withPersonality = (personality: Record<string, string>): Role => ({ ...sessions, personality });

const folder = mkdtempSync(join(tmpdir(), 'rolecall-start-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash makes of a payload's settings, as a machine would; nothing of it is run but its functions' definitions. */
function settingsIn(text: string): Record<string, string> {
  const path = join(folder, 'payload');
  writeFileSync(path, text);
  const show = [
    'source "$1"',
    `for name in $(compgen -v rolecall_); do printf "%s=%s\\0" "$name" "\${!name}"; done`,
    `printf "%s\\0" "\${personality[@]}"`,
  ].join('; ');
  const { stdout, stderr } = spawnSync('bash', ['-c', show, '-', path], {
    encoding: 'utf8',
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  const pairs = stdout.split('\0').slice(0, -1);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RolecallError) return `${error.exit}: ${error.message}\n${error.hint}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('user data, byte for byte', () => {
  const golden = join(packageRoot(), 'test/golden/start-up');
  const cases: [string, string][] = [
    ['sessions-prod-b', startUpPayload(sessions, RUN, TEMPLATE).text],
    [
      'public-zstd',
      startUpPayload(
        withPersonality({ z_last: '1', page_url: 'https://h/?a=b&c=(d)*;e', empty: '' }),
        { ...RUN, bundle: { ...BUNDLE, url: 'https://h/bundles/x/y', compression: 'zstd' } },
        TEMPLATE,
      ).text,
    ],
    ['sessions-prod-b.redacted', redactScript(startUpPayload(sessions, RUN, TEMPLATE).text)],
  ];

  test.each(cases)('%s: its settings, and behind them the script', (name, text) => {
    const end = text.indexOf('SCHEME=');
    expectGolden(`start-up/${name}`, text.slice(0, end));
    const script = cases[0]?.[1].slice(cases[0][1].indexOf('SCHEME=')) ?? '';
    expect([script, redactScript(script)]).toContain(text.slice(end));
  });

  test('there is a golden for each of them, and no other', () => {
    expect(readdirSync(golden).sort()).toEqual(cases.map(([name]) => name).sort());
  });

  test('is sound bash, has nothing but code, and fits with room to spare', () => {
    for (const [, text] of cases) {
      expect(text.startsWith('#!/bin/bash\n')).toBe(true);
      expect(text.slice(1)).not.toMatch(/^\s*(#.*)?$(?!\n*$(?![\s\S]))/m);
      expect(spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(Buffer.byteLength(text)).toBeLessThan(13_000);
    }
  });
});

describe('user data of a bundle', () => {
  test('has the settings of its launch, and no others', () => {
    expect(settingsIn(startUpPayload(withPersonality({ port: '80' }), RUN, TEMPLATE).text)).toEqual({
      rolecall_launch: RUN.launch,
      rolecall_nonce: NONCE,
      rolecall_timeout: '600',
      rolecall_bundle_url: BUNDLE.url,
      rolecall_bundle_key: KEY,
      rolecall_bundle_sha256: BUNDLE.sha256,
      rolecall_bundle_compression: 'gzip',
      environment: 'prod',
      role: 'sessions',
      context: 'b',
      port: '80',
    });
  });

  test('is the same for the same launch, and tells its size and hash', () => {
    const one = startUpPayload(sessions, RUN, TEMPLATE);
    expect(startUpPayload(sessions, RUN, TEMPLATE)).toEqual(one);
    expect(one).toMatchObject({ scheme: 'start-up-bundle', bytes: Buffer.byteLength(one.text) });
  });

  test('keeps every value as it is, whatever bash would make of it', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9._:,/@%+=~-]{0,20}$/);
    const url = fc
      .stringMatching(/^[A-Za-z0-9._~:/?#@!$&'()*+,;=%[\]-]{0,40}$/)
      .filter((text) => !/\s/.test(text));
    holds(
      fc.property(value, url, url, (plain, page, bundle) => {
        const personality = { some_value: plain, page_url: page };
        let text: string;
        try {
          ({ text } = startUpPayload(
            withPersonality(personality),
            { ...RUN, bundle: { ...BUNDLE, url: bundle } },
            TEMPLATE,
          ));
        } catch (error) {
          // What no personality may hold is refused, and quoted wrongly by nobody.
          expect(error).toBeInstanceOf(RolecallError);
          return;
        }
        expect(settingsIn(text)).toMatchObject({ ...personality, rolecall_bundle_url: bundle });
      }),
      { numRuns: 60 },
    );
  });

  test('redacted, shows neither key, nonce nor signature, and keeps its lines', () => {
    const { text } = startUpPayload(sessions, RUN, TEMPLATE);
    const shown = redactScript(text);
    for (const secret of [KEY, NONCE, SIGNATURE]) {
      expect(text).toContain(secret);
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(secret.slice(0, 12));
    }
    expect(shown.split('\n')).toHaveLength(text.split('\n').length);
    expect(shown).toContain(`rolecall_bundle_sha256=${BUNDLE.sha256}`);
  });

  test.each([
    [{ role: 'x' }, 'personality.role is set by rolecall itself'],
    [{ rolecall_bundle_key: 'x' }, 'personality.rolecall_bundle_key is set by rolecall itself'],
    [{ a: 'x\ny' }, "the value of a can't be in a personality"],
    [{ a: "'; reboot; '" }, "the value of a can't be in a personality"],
    [{ a: `AKIA${'IOSFODNN7EXAMPLE'}` }, 'personality.a holds an AWS access key id'],
  ])('refuses %j', (personality, message) => {
    const said = refusal(() =>
      startUpPayload(withPersonality(personality as Record<string, string>), RUN, TEMPLATE),
    );
    expect(said).toContain(`usage: ${message}\n`);
  });

  test('over the limit names its parts, largest first, and no secret', () => {
    const url = 'x'.repeat(4000);
    const said = refusal(() =>
      startUpPayload(withPersonality({ a_url: url, b_url: url, c_url: url }), RUN, TEMPLATE),
    );
    expect(said).toMatch(
      /^usage: the payload has \d\d,\d{3} bytes, \d,\d{3} over EC2's limit of 16,384; its parts, largest first:\n {2}\d{1,2},\d{3} bytes {2}the script itself\n {2}4,01\d bytes {2}personality\.a_url\n {2}4,01\d bytes {2}personality\.b_url\n {2}4,01\d bytes {2}personality\.c_url\n {2}\d{3} bytes {2}the URL of the bundle\n/,
    );
    expect(said).toMatch(/variables or files, which travel in the bundle$/);
    for (const secret of [KEY, NONCE, SIGNATURE]) expect(said).not.toContain(secret);
  });

  test('is made of a template with settings only: any other is a defect', () => {
    expect(() => startUpPayload(sessions, RUN, '#!/bin/bash\n')).toThrow('has no block of settings');
  });
});
