import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/catalogue/role.ts';
import { isPathName, type PathName } from '../../src/model.ts';
import { jsonReport } from '../../src/reporters/json.ts';
import { planDocument, renderBriefPlan, renderPlan } from '../../src/reporters/plan.ts';
import { renderRole, renderRoles, roleDocument } from '../../src/reporters/roles.ts';
import type { Plan } from '../../src/results/plan.ts';
import { settingsOf, sourceText } from '../../src/results/settings.ts';
import { lookUp } from '../../src/schemes/personality/init-script.ts';
import { personalityPlan } from '../../src/schemes/personality/plan.ts';
import { plain } from '../../src/terminal/paint.ts';
import { widthOf } from '../../src/text.ts';
import type { Source } from '../../src/yaml/located.ts';
import { BUILD } from '../support/builds.ts';
import { expectGolden } from './support.ts';

function name(text: string): PathName {
  if (!isPathName(text)) throw new Error(`${text} forms no path`);
  return text;
}

const at = (line: number): Source => ({ kind: 'file', file: 'roles.yaml', line, column: 5 });

const ROLE: Role = {
  catalogue: name('demo'),
  role: name('memcached'),
  environment: name('prod'),
  context: name('b'),
  description: 'An in-memory cache',
  region: 'eu-west-1',
  ami: 'ami-0123456789abcdef0',
  prefix: '',
  beacons: false,
  fetch: 'presigned',
  machine: {
    instanceTypes: ['t3.micro'],
    subnets: [],
    zones: ['eu-west-1b'],
    securityGroups: ['sg-1', 'sg-2'],
    blockDevices: [
      { device: '/dev/xvda', sizeGb: 20, type: 'gp3', iops: 3000, throughput: 125, encrypted: true },
      { device: '/dev/xvdb', snapshot: 'snap-1', deleteOnTermination: false },
    ],
    tags: { team: 'cache' },
    httpTokens: 'required',
    metadataHopLimit: 1,
    shutdownBehavior: 'stop',
    spot: { maxPrice: '0.01', orOnDemand: false },
  },
  personality: { cache_mb: '64' },
  timeoutMs: 600_000,
  patterns: {},
  catalogueSha256: 'a'.repeat(64),
  provenance: new Map<string, Source>([
    ['region', at(3)],
    ['ami', at(4)],
    ['instance_type', { kind: 'flag', flag: '--instance-type' }],
    ['zone', at(22)],
    ['tags', at(30)],
    ['personality.cache_mb', at(41)],
    ['timeout', { kind: 'builtin' }],
  ]),
};

const TEXT = 'environment=prod\nrole=memcached\ncontext=b\ncache_mb=64\nrolecall_nonce=(hidden)\n';
const UNKNOWN = lookUp({ environment: 'prod', context: 'b', machineId: undefined }, () => 'unknown');
const PLAN: Plan = {
  launch: 'l-20261121-220000-ab12',
  catalogueFile: 'roles.yaml',
  role: 'memcached',
  environment: 'prod',
  context: 'b',
  description: 'An in-memory cache',
  region: 'eu-west-1',
  ami: 'ami-0123456789abcdef0',
  count: 200,
  batches: [
    { batch: 1, count: 100, clientToken: 'b'.repeat(64) },
    { batch: 2, count: 100 },
  ],
  settings: settingsOf(ROLE),
  payload: { bytes: 158, limit: 16_384, estimated: false, text: TEXT },
  init: UNKNOWN,
  boot: personalityPlan('memcached', UNKNOWN, undefined, TEXT),
  notes: ['a note'],
};

const NOW = Date.parse('2026-11-23T12:00:00Z');
const FROM_BUILD = lookUp(
  { environment: 'prod', context: 'b', machineId: 'cache-1' },
  (script) => (script.endsWith('bootstrapper.sh') ? 'found' : 'absent'),
  (script) => (BUILD.init.includes(script) ? 'found' : 'absent'),
);
/** The same with a build, whose init script wins over the AMI's. */
const WITH_BUILD: Plan = {
  ...PLAN,
  build: {
    build: BUILD,
    access: 'profile',
    promoted: { at: NOW - 3_600_000, by: 'bob@build-8' },
  },
  init: FROM_BUILD,
  boot: personalityPlan('memcached', FROM_BUILD, BUILD.tag, TEXT),
  notes: [],
};

describe('the plan', () => {
  test('for people', () => expectGolden('plan.txt', renderPlan(PLAN, NOW, plain)));

  test('with a build, whose init script wins', () =>
    expectGolden('plan-build.txt', renderPlan(WITH_BUILD, NOW, plain, 80)));

  test('with a build as data', () => expectGolden('plan-build.json', jsonReport(planDocument(WITH_BUILD))));

  test('with a build in brief', () =>
    expectGolden('plan-build-brief-40.txt', renderBriefPlan(WITH_BUILD, NOW, 40)));

  test.each([40, 80])('in brief, in %i columns', (columns) =>
    expectGolden(`plan-brief-${columns}.txt`, renderBriefPlan(PLAN, NOW, columns)),
  );

  test('as data', () => expectGolden('plan.json', jsonReport(planDocument(PLAN))));
});

describe('roles', () => {
  test('show: each value with the place that set it', () =>
    expectGolden('role.txt', renderRole(ROLE, plain)));

  test('show as data holds the same settings', () => {
    expect(roleDocument(ROLE).settings).toEqual(settingsOf(ROLE));
  });

  test('show hides values whose names sound secret, and keeps key_name', () => {
    const role: Role = {
      ...ROLE,
      machine: { ...ROLE.machine, keyName: 'ops' },
      personality: { db_password: 'hunter2', cache_mb: '64' },
    };
    expect(JSON.stringify(roleDocument(role))).not.toContain('hunter2');
    expect(settingsOf(role)).toContainEqual({ name: 'key_name', value: 'ops', source: null });
    expect(settingsOf(role)).toContainEqual({
      name: 'personality.cache_mb',
      value: '64',
      source: 'roles.yaml:41:5',
    });
  });

  test('list within the window', () => {
    const long = 'the public web servers behind the balancer, with nginx and the application';
    const roles = [
      { role: 'memcached', description: 'An in-memory cache' },
      { role: 'web', description: long },
      { role: 'bare', description: null },
    ];
    const text = renderRoles(roles, 40, plain);
    expectGolden('roles-40.txt', text);
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(40);
    expect(renderRoles(roles, 200, plain)).toContain(long);
  });

  test.each<[Source, string]>([
    [at(12), 'roles.yaml:12:5'],
    [{ kind: 'flag', flag: '--count' }, '--count'],
    [{ kind: 'flag', flag: 'count' }, '--count'],
    [{ kind: 'builtin' }, 'built in'],
  ])('a source as text: %j', (source, text) => expect(sourceText(source)).toBe(text));
});
