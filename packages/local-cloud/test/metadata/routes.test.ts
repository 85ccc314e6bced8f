import { describe, expect, test } from '@jest/globals';
import type { BoxSpec } from '../../src/box.ts';
import { answerMetadata, type MetadataSource } from '../../src/metadata/routes.ts';
import { createTokens } from '../../src/metadata/tokens.ts';
import { metadataTree } from '../../src/metadata/tree.ts';

const spec: BoxSpec = {
  instanceId: 'i-0123456789abcdef0',
  amiId: 'ami-0123456789abcdef0',
  amiLaunchIndex: 2,
  instanceType: 't3.micro',
  region: 'eu-west-1',
  zone: 'eu-west-1b',
  privateIp: '10.0.1.7',
  instanceProfile: 'web-role',
  httpTokens: 'required',
  tags: {},
  services: {},
};

let now = 0;
const clock = { monotonic: () => now };
const source = (over: Partial<MetadataSource> = {}): MetadataSource => ({
  tree: metadataTree({
    spec,
    accountId: '000000000000',
    launchedAt: Date.parse('2026-01-02T03:04:05Z'),
    credentials: () => ({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret',
      token: 'session',
      expiration: Date.parse('2026-01-02T09:04:05Z'),
    }),
  }),
  userData: Buffer.from('environment=prod\n'),
  httpTokens: 'optional',
  tokens: createTokens(clock),
  ...over,
});

const ask = (from: MetadataSource, path: string, headers: Record<string, string> = {}, method = 'GET') => {
  const { status, body } = answerMetadata({ method, path, headers }, from);
  return `${status} ${body.toString()}`;
};
const TOKEN = 'x-aws-ec2-metadata-token';
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';

describe('tokens (IMDSv2)', () => {
  test('one is good for as long as asked, and for one machine', () => {
    const machine = source({ httpTokens: 'required' });
    now = 1000;
    const issued = answerMetadata(
      { method: 'PUT', path: '/latest/api/token', headers: { [TTL]: '60' } },
      machine,
    );
    expect(issued).toMatchObject({ status: 200, headers: { [TTL]: '60' } });
    const token = issued.body.toString();
    expect(token).toHaveLength(56);
    const path = '/latest/meta-data/instance-id';
    expect(ask(machine, path, { [TOKEN]: token })).toBe('200 i-0123456789abcdef0');
    now += 59_999;
    expect(ask(machine, path, { [TOKEN]: token })).toMatch(/^200/);
    now += 1;
    expect(ask(machine, path, { [TOKEN]: token })).toBe('401 401 - Unauthorized\n');
    expect(ask(source(), path, { [TOKEN]: token })).toMatch(/^401/);
  });

  test.each(['', '0', '21601', '-1', '1e3', '60s', '000001'])(
    'a time to live of "%s" is a bad request',
    (ttl) => {
      expect(ask(source(), '/latest/api/token', { [TTL]: ttl }, 'PUT')).toMatch(/^400/);
    },
  );

  test.each(['1', '21600'])('a time to live of %s is good', (ttl) => {
    expect(ask(source(), '/latest/api/token', { [TTL]: ttl }, 'PUT')).toMatch(/^200/);
  });

  test('refused: no time to live, behind a proxy, another path, another method', () => {
    expect(ask(source(), '/latest/api/token', {}, 'PUT')).toMatch(/^400/);
    expect(ask(source(), '/latest/api/token', { [TTL]: '60', 'x-forwarded-for': '10.0.0.1' }, 'PUT')).toMatch(
      /^403/,
    );
    expect(ask(source(), '/latest/user-data', { [TTL]: '60' }, 'PUT')).toMatch(/^405/);
    expect(ask(source(), '/latest/user-data', {}, 'POST')).toMatch(/^405/);
  });

  test('without one: only where the machine does not require it', () => {
    expect(ask(source({ httpTokens: 'required' }), '/latest/user-data')).toMatch(/^401/);
    expect(ask(source(), '/latest/user-data')).toMatch(/^200/);
    expect(ask(source(), '/latest/user-data', { [TOKEN]: 'unknown' })).toMatch(/^401/);
  });

  test('expired ones are not hoarded', () => {
    now = 0;
    const tokens = createTokens(clock);
    const first = tokens.issue(1);
    for (let index = 0; index < 1000; index++) tokens.issue(1);
    now = 5000;
    const last = tokens.issue(10);
    expect([tokens.remaining(first), tokens.remaining(last)]).toEqual([0, 10]);
  });
});

describe('what is there', () => {
  test.each([
    ['/latest/meta-data/instance-id', 'i-0123456789abcdef0'],
    ['/latest/meta-data/instance-id/', 'i-0123456789abcdef0'],
    ['/2021-07-15/meta-data/ami-id', 'ami-0123456789abcdef0'],
    ['/1.0/meta-data/ami-launch-index', '2'],
    ['/latest//meta-data/instance-type?x=y', 't3.micro'],
    ['/latest/meta-data/local-ipv4', '10.0.1.7'],
    ['/latest/meta-data/hostname', 'ip-10-0-1-7.eu-west-1.compute.internal'],
    ['/latest/meta-data/placement/availability-zone', 'eu-west-1b'],
    ['/latest/meta-data/placement/', 'availability-zone\nregion'],
    ['/latest/meta-data/iam', 'info\nsecurity-credentials/'],
    ['/latest/meta-data/iam/security-credentials/', 'web-role'],
    ['/latest/user-data', 'environment=prod\n'],
    ['/latest', 'dynamic\nmeta-data\nuser-data'],
    ['/latest/dynamic/', 'instance-identity/'],
    ['/', '1.0\n2021-07-15\nlatest'],
  ])('%s', (path, body) => {
    expect(ask(source(), path)).toBe(`200 ${body}`);
  });

  test('meta-data/ lists all leaves, folders with a slash', () => {
    expect(ask(source(), '/latest/meta-data/').split('\n')).toEqual([
      '200 ami-id',
      'ami-launch-index',
      'hostname',
      'iam/',
      'instance-id',
      'instance-life-cycle',
      'instance-type',
      'local-hostname',
      'local-ipv4',
      'placement/',
      'services/',
    ]);
  });

  test('credentials of the role, and the identity document', () => {
    const credentials = ask(source(), '/latest/meta-data/iam/security-credentials/web-role');
    expect(JSON.parse(credentials.slice(4))).toEqual({
      Code: 'Success',
      LastUpdated: '2026-01-02T03:04:05Z',
      Type: 'AWS-HMAC',
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'secret',
      Token: 'session',
      Expiration: '2026-01-02T09:04:05Z',
    });
    const document = ask(source(), '/latest/dynamic/instance-identity/document');
    expect(JSON.parse(document.slice(4))).toMatchObject({ instanceId: spec.instanceId, region: 'eu-west-1' });
  });

  test.each([
    '/latest/meta-data/nothing',
    '/latest/meta-data/instance-id/below',
    '/latest/meta-data/constructor',
    '/2021/meta-data/',
    '/meta-data/',
    '/latest/user-data/below',
  ])('%s is not', (path) => {
    expect(ask(source(), path)).toBe('404 404 - Not Found\n');
  });

  test('no user data, no profile: 404', () => {
    const { instanceProfile: _, ...bare } = spec;
    const machine = source({
      userData: undefined,
      tree: metadataTree({ spec: bare, accountId: '000000000000', launchedAt: 0 }),
    });
    expect(ask(machine, '/latest/user-data')).toMatch(/^404/);
    expect(ask(machine, '/latest/meta-data/iam/')).toMatch(/^404/);
    expect(ask(machine, '/latest/')).toBe('200 dynamic\nmeta-data');
  });
});
