import { describe, expect, test } from '@jest/globals';
import { clientToken } from '../../src/launch/identity.ts';
import { runRequest } from '../../src/launch/request.ts';
import type { LaunchId, Nonce } from '../../src/model.ts';
import { redact } from '../../src/redact.ts';
import { lookUp } from '../../src/schemes/personality/init-script.ts';
import { type PinnedBuild, personalityPayload } from '../../src/schemes/personality/payload.ts';
import { role } from '../launch/roles.ts';
import { BUILD } from '../support/builds.ts';

const RUN = { launch: 'l-1' as LaunchId, nonce: '0'.repeat(32) as Nonce };
const URL =
  'https://shop-rolecall.s3.eu-west-1.amazonaws.com/builds/shop/v1.2.0.tar.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2Bx&X-Amz-Signature=0123456789abcdef';
const PINNED: PinnedBuild = {
  build: BUILD,
  bucket: 'shop-rolecall',
  prefix: '',
  region: 'eu-west-1',
  access: 'presigned',
  url: URL,
};

const rolecallLines = (pinned: PinnedBuild) =>
  personalityPayload(role(), { ...RUN, pinned })
    .text.trimEnd()
    .split('\n')
    .filter((line) => /^rolecall_(?!launch|nonce)/.test(line));

describe('the payload of a launch with a build', () => {
  test('pins it, with the URL that gets it', () => {
    expect(rolecallLines(PINNED)).toEqual([
      'rolecall_app=shop',
      'rolecall_bucket=shop-rolecall',
      'rolecall_build=v1.2.0',
      'rolecall_build_archive=v1.2.0.tar.gz',
      `rolecall_build_sha256=${'a'.repeat(64)}`,
      `rolecall_build_url=${URL}`,
      'rolecall_fetch=presigned',
      'rolecall_region=eu-west-1',
      'rolecall_timeout=600',
    ]);
  });

  test('has no URL where machines need none, and says what isn’t as usual', () => {
    const lines = rolecallLines({
      ...PINNED,
      access: 'profile',
      prefix: 'team/',
      keep: 5,
      s3Url: 'http://127.0.0.1:9000',
    });
    expect(lines).not.toContainEqual(expect.stringMatching(/^rolecall_build_url/));
    expect(lines).toEqual(
      expect.arrayContaining([
        'rolecall_fetch=profile',
        'rolecall_keep=5',
        'rolecall_prefix=team/',
        'rolecall_s3_url=http://127.0.0.1:9000',
      ]),
    );
  });

  test('shows neither key, token nor signature of the URL when it is shown', () => {
    const shown = redact(personalityPayload(role(), { ...RUN, pinned: PINNED }).text);
    expect(shown).toContain(
      'rolecall_build_url=https://shop-rolecall.s3.eu-west-1.amazonaws.com/builds/shop/v1.2.0.tar.gz?',
    );
    for (const secret of ['ASIAIOSFODNN7EXAMPLE', 'IQoJb3JpZ2luX2VjE', '0123456789abcdef'])
      expect(shown).not.toContain(secret);
  });

  test('a URL that is too long is told, as any value is', () => {
    const url = `https://x.example/${'x'.repeat(8_192)}`;
    expect(() => personalityPayload(role(), { ...RUN, pinned: { ...PINNED, url } })).toThrow(
      /rolecall_build_url/,
    );
  });

  test('the machines carry the build’s tag', () => {
    const payload = personalityPayload(role(), { ...RUN, pinned: PINNED });
    const identity = {
      launch: RUN.launch,
      batch: 1,
      count: 1,
      clientToken: clientToken(RUN.launch, 1),
      offering: { instanceType: 't3.micro', market: 'on-demand' as const },
      settingsHash: '0'.repeat(64),
    };
    const tagsOf = (build?: typeof BUILD) =>
      runRequest(role(), payload, { ...identity, build }).TagSpecifications?.[0]?.Tags?.map(({ Key }) => Key);
    expect(tagsOf(BUILD)).toContain('rolecall:build');
    expect(tagsOf()).not.toContain('rolecall:build');
  });
});

describe('the lookup of the init script', () => {
  const names = { environment: 'prod', context: 'b', machineId: 'db-1' };
  const has =
    (...scripts: string[]) =>
    (script: string) =>
      scripts.includes(script) ? ('found' as const) : ('absent' as const);

  test.each([
    [
      'a specific one of the AMI beats a general one of the build',
      has('b/prod/bootstrapper.sh'),
      has('b/bootstrapper.sh'),
      '/etc/rolecall/init/b/prod/bootstrapper.sh',
    ],
    [
      'of the same kind the build’s is first',
      has('b/bootstrapper.sh'),
      has('b/bootstrapper.sh'),
      'init/b/bootstrapper.sh',
    ],
    [
      'the machine’s own beats all',
      has('b/prod/db-1.sh'),
      has('b/prod/bootstrapper.sh'),
      '/etc/rolecall/init/b/prod/db-1.sh',
    ],
    ['none is none', has(), has(), undefined],
  ])('%s', (_name, ami, build, winner) => {
    const found = lookUp(names, ami, build);
    expect({ winner: found.winner?.path, certain: found.certain }).toEqual({ winner, certain: true });
  });

  test('what the AMI may have before it makes the answer uncertain', () => {
    const unknown = () => 'unknown' as const;
    expect(lookUp(names, unknown, has('b/prod/bootstrapper.sh'))).toMatchObject({
      winner: { path: 'init/b/prod/bootstrapper.sh' },
      certain: false,
    });
    expect(lookUp({ ...names, machineId: undefined }, unknown, has('b/prod/bootstrapper.sh'))).toMatchObject({
      certain: true,
    });
    expect(lookUp(names, unknown)).toMatchObject({ winner: undefined, certain: false });
  });
});
