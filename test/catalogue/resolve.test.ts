import { describe, expect, test } from '@jest/globals';
import { resolveRole } from '../../src/catalogue/resolve.ts';
import { RolecallError } from '../../src/errors.ts';
import type { Source } from '../../src/yaml/located.ts';
import { catalogueWith, parsed } from './sample.ts';

const WEB = { role: 'web', environment: 'prod', context: 'b' };

const web = (text: string, overrides = {}) => resolveRole(parsed(text), WEB, overrides);

function refusal(act: () => unknown): { message: string; hint: string | undefined; exit: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof RolecallError) return { message: error.message, hint: error.hint, exit: error.exit };
    throw error;
  }
  throw new Error('nothing was refused');
}

/** A catalogue in which the layers from `weakest` on set key_name to their own names. */
function layered(layers: readonly string[]): string {
  const set = (layer: string) => (layers.includes(layer) ? `{key_name: ${layer}}` : '{}');
  return `version: 1
name: shop
region: eu-central-1
ami: ami-0123456789abcdef0
defaults: ${set('defaults')}
environments: {prod: ${set('environment')}, staging: {key_name: wrong}}
contexts: {b: ${set('context')}, a: {key_name: wrong}}
roles:
  web:
    instance_type: t3.micro
    ${layers.includes('role') ? 'key_name: role' : ''}
    environments: {prod: ${set('role-environment')}, staging: {key_name: wrong}}
    contexts: {b: ${set('role-context')}, a: {key_name: wrong}}
`;
}

describe('precedence', () => {
  const order = ['defaults', 'environment', 'context', 'role', 'role-environment', 'role-context'];

  test.each(order.map((layer, index) => [layer, index] as const))(
    '%s wins over all weaker layers',
    (layer, index) => {
      expect(web(layered(order.slice(0, index + 1))).machine.keyName).toBe(layer);
    },
  );

  test.each([
    [
      "a list over a weaker layer's one",
      '    zones: [eu-central-1b, eu-central-1c]',
      'defaults: {zone: eu-central-1a}',
      {},
    ],
    [
      "one over a weaker layer's list",
      '    zone: eu-central-1b',
      'defaults: {zones: [eu-central-1a, eu-central-1c]}',
      {},
    ],
    ['a flag over a list', '    zones: [eu-central-1a, eu-central-1c]', '', { zone: 'eu-central-1b' }],
    ['null over both', '    zones: null', 'defaults: {zone: eu-central-1a}', {}],
  ] as const)('of what is written once or as a list: %s', (_, role, top, flags) => {
    const { zones } = web(catalogueWith(role, top), flags).machine;
    expect(zones).toEqual(
      role.includes('[eu-central-1b')
        ? ['eu-central-1b', 'eu-central-1c']
        : role.includes('null')
          ? []
          : ['eu-central-1b'],
    );
  });

  test('the command line wins over all', () => {
    const role = web(catalogueWith('    zone: eu-central-1a'), { zone: 'eu-central-1b', timeout: '2m' });
    expect(role.machine.zones).toEqual(['eu-central-1b']);
    expect(role.timeoutMs).toBe(120_000);
    expect(role.provenance.get('zone')).toEqual({ kind: 'flag', flag: '--zone' });
  });

  test('maps merge by key, lists replace, null removes', () => {
    const role = web(
      catalogueWith(
        `    tags: {tier: null, team: search, own: yes}
    security_groups: [sg-22222222]
    key_name:
    personality: null`,
        'defaults: {tags: {tier: x, team: y, kept: z}, security_groups: [sg-11111111, sg-33333333], key_name: ops, personality: {a: 1}}',
      ),
    );
    expect(role.machine.tags).toEqual({ kept: 'z', team: 'search', own: 'yes' });
    expect(role.machine.securityGroups).toEqual(['sg-22222222']);
    expect(role.machine).not.toHaveProperty('keyName');
    expect(role.personality).toEqual({});
    expect(role.provenance.has('tags.tier')).toBe(false);
    expect(role.provenance.has('key_name')).toBe(false);
  });

  test('what null removes, a stronger layer may set anew, without what was there before', () => {
    const text = catalogueWith(
      '    tags: null\n    environments: {prod: {tags: {b: 2}}}',
      'defaults: {tags: {a: 1}}',
    );
    expect(web(text).machine.tags).toEqual({ b: '2' });
  });

  test.each([
    ['true', { orOnDemand: false }],
    ['false', false],
    ['{max_price: 0.050}', { maxPrice: '0.050', orOnDemand: false }],
    ['{max_price: null}', { orOnDemand: false }],
    ['{fallback: on-demand}', { maxPrice: '9', orOnDemand: true }],
    ['null', false],
  ])('spot: %s', (written, spot) => {
    expect(
      web(catalogueWith(`    spot: ${written}`, 'defaults: {spot: {max_price: 9}}')).machine.spot,
    ).toEqual(spot);
  });
});

describe('a role', () => {
  test.each([
    ['', 'presigned'],
    ['    instance_profile: web', 'profile'],
    ['    instance_profile: web\n    fetch: public', 'public'],
    ['    fetch: profile', 'profile'],
  ])('gets at its build: %j means %s', (lines, access) => {
    expect(web(catalogueWith(lines)).fetch).toBe(access);
  });

  test('keeps so many builds', () => {
    expect(web(catalogueWith('    keep: 7')).keep).toBe(7);
    expect(web(catalogueWith(''))).not.toHaveProperty('keep');
  });

  test('has what nobody wrote, and says so', () => {
    const role = web(catalogueWith(''));
    expect(role).toMatchObject({
      catalogue: 'shop',
      ...WEB,
      region: 'eu-central-1',
      ami: 'ami-0123456789abcdef0',
      prefix: '',
      machine: {
        instanceTypes: ['t3.micro'],
        subnets: [],
        zones: [],
        securityGroups: [],
        blockDevices: [],
        tags: {},
        httpTokens: 'required',
        metadataHopLimit: 1,
        shutdownBehavior: 'stop',
        spot: false,
      },
      personality: {},
      timeoutMs: 600_000,
      patterns: {},
    });
    for (const name of ['http_tokens', 'metadata_hop_limit', 'shutdown_behavior', 'spot', 'timeout']) {
      expect([name, role.provenance.get(name)]).toEqual([name, { kind: 'builtin' }]);
    }
  });

  test('takes everything that the catalogue can set', () => {
    const role = web(
      catalogueWith(
        `    description: |
      Web server
    subnet: subnet-01234567
    zone: eu-central-1b
    instance_profile: arn:aws:iam::123456789012:instance-profile/web
    key_name: ops
    http_tokens: optional
    metadata_hop_limit: 2
    shutdown_behavior: terminate
    block_devices:
      - {device: /dev/xvda, size_gb: 20, type: gp3, iops: 3000, throughput: 125, encrypted: true, delete_on_termination: false, snapshot: snap-01234567}
    personality: {port: 8080, ratio: 1.10, on: true, machine_id: 007, site_url: "http://h/?a=b"}
    app: shop
    timeout: 1h
    boot_budget: 60s
    success: ^OK$
    failure: ^ERROR`,
        'bucket: shop-bucket\nprefix: rolecall',
      ),
    );
    expect(role).toMatchObject({
      description: 'Web server',
      bucket: 'shop-bucket',
      prefix: 'rolecall/',
      app: 'shop',
      timeoutMs: 3_600_000,
      bootBudgetMs: 60_000,
      patterns: { success: '^OK$', failure: '^ERROR' },
      // As written: no number loses its zeros.
      personality: { port: '8080', ratio: '1.10', on: 'true', machine_id: '007', site_url: 'http://h/?a=b' },
    });
    expect(role.machine).toEqual({
      instanceTypes: ['t3.micro'],
      subnets: ['subnet-01234567'],
      zones: ['eu-central-1b'],
      securityGroups: [],
      instanceProfile: 'arn:aws:iam::123456789012:instance-profile/web',
      keyName: 'ops',
      blockDevices: [
        {
          device: '/dev/xvda',
          sizeGb: 20,
          type: 'gp3',
          iops: 3000,
          throughput: 125,
          encrypted: true,
          deleteOnTermination: false,
          snapshot: 'snap-01234567',
        },
      ],
      tags: {},
      httpTokens: 'optional',
      metadataHopLimit: 2,
      shutdownBehavior: 'terminate',
      spot: false,
    });
  });

  test('knows the line and column of each value, also of merged and anchored ones', () => {
    const text = catalogueWith(
      '    tags: {team: search}\n    personality: *sizes\n    environments: {prod: {personality: {mb: 2}}}',
      'defaults: {tags: {tier: x}, personality: &sizes {mb: 1, port: 2}}',
    );
    const at = (line: number, column: number): Source => ({ kind: 'file', file: 'roles.yaml', line, column });
    const { provenance } = web(text);
    expect(Object.fromEntries(provenance)).toMatchObject({
      name: at(2, 7),
      region: at(3, 9),
      ami: at(4, 6),
      instance_type: at(10, 20),
      'tags.tier': at(7, 25),
      'tags.team': at(11, 18),
      'personality.port': at(7, 63),
      'personality.mb': at(13, 45),
    });
  });

  test('of a map of AMIs takes that of its region', () => {
    const text = catalogueWith('').replace(
      /ami: .*/,
      'ami: {eu-central-1: ami-11111111, us-east-1: ami-22222222}',
    );
    expect(web(text).ami).toBe('ami-11111111');
    expect(web(text, { region: 'us-east-1' })).toMatchObject({ ami: 'ami-22222222', region: 'us-east-1' });
    expect(refusal(() => web(text, { region: 'eu-west-1' }))).toEqual({
      message: 'no AMI for region eu-west-1: roles.yaml has ami.eu-central-1, ami.us-east-1',
      hint: 'write ami.eu-west-1 in roles.yaml, or give --ami, or one of its regions: eu-central-1, us-east-1',
      exit: 'usage',
    });
  });
});

describe('refused with the next step', () => {
  const text = catalogueWith('');

  test.each([
    [{ ...WEB, role: 'wbe' }, 'roles.yaml has no role "wbe"; did you mean "web"?', 'its roles: web'],
    [
      { ...WEB, environment: 'production' },
      'roles.yaml has no environment "production"; did you mean "prod"?',
      'its environments: prod, staging',
    ],
    [{ ...WEB, context: 'zz' }, 'roles.yaml has no context "zz"', 'its contexts: a, b'],
    [{ ...WEB, role: '__proto__' }, 'roles.yaml has no role "__proto__"', 'its roles: web'],
  ])('%j', (choice, message, hint) => {
    expect(refusal(() => resolveRole(parsed(text), choice))).toEqual({ message, hint, exit: 'usage' });
  });

  test.each([
    [
      'instance_type',
      'huge',
      '--instance-type is not valid',
      '--instance-type takes an EC2 instance type such as t3.micro',
    ],
    ['zone', 'x', '--zone is not valid', '--zone takes an availability zone such as eu-central-1a'],
    [
      'timeout',
      '5',
      '--timeout is not valid',
      '--timeout takes a duration such as 90s, 10m or 1h (from 1s to 99h)',
    ],
    ['ami', 'ami-x', '--ami is not valid', '--ami takes an AMI id: ami- and 8 to 17 hex digits'],
    ['region', 'x', '--region is not valid', '--region takes an AWS region such as eu-central-1'],
    ['subnet', 'x', '--subnet is not valid', '--subnet takes a subnet id: subnet- and 8 to 17 hex digits'],
  ])('%s=%s', (name, value, message, hint) => {
    expect(refusal(() => web(text, { [name]: value }))).toEqual({ message, hint, exit: 'usage' });
  });

  test('no instance type', () => {
    expect(refusal(() => web(catalogueWith('').replace(/ {4}instance_type.*\n/, '    app: x\n')))).toEqual({
      message: 'web in environment prod, context b has no instance_type',
      hint: 'write roles.web.instance_type (or defaults.instance_type) in roles.yaml, or give --instance-type',
      exit: 'usage',
    });
  });

  test.each([
    ['region', 'no region: roles.yaml has no region at its top level'],
    ['ami', 'no AMI: roles.yaml has no ami at its top level'],
  ])('no %s', (key, message) => {
    const without = text.replace(new RegExp(`^${key}: .*\n`, 'm'), '');
    expect(refusal(() => web(without)).message).toBe(message);
    const value = key === 'ami' ? 'ami-11111111' : 'us-east-1';
    expect(web(without, { [key]: value })).toMatchObject({ [key]: value });
  });

  test('a zone of another region, with the place that named it', () => {
    expect(refusal(() => web(catalogueWith('    zone: us-east-1a')))).toEqual({
      message: 'zone us-east-1a (roles.yaml:11:11) is not in region eu-central-1',
      hint: 'give a --zone of that region, or the --region of that zone',
      exit: 'usage',
    });
  });

  test('more tags than EC2 takes, once the layers are merged', () => {
    const tags = (letter: string) =>
      Array.from({ length: 25 }, (_, index) => `${letter}${index}: 1`).join(', ');
    const { message } = refusal(() =>
      web(catalogueWith(`    tags: {${tags('a')}}`, `defaults: {tags: {${tags('b')}}}`)),
    );
    expect(message).toBe('web has 50 tags once its layers are merged; EC2 leaves room for 39');
  });
});
