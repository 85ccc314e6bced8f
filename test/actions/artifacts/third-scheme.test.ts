/** To add a scheme is to add a row to the registry: no other file knows how many there are. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { artifactsOf } from '../../../src/actions/artifacts/artifacts.ts';
import type { ArtifactSource, Scheme } from '../../../src/actions/artifacts/scheme.ts';
import { SCHEMES, type SchemeRow } from '../../../src/actions/artifacts/schemes.ts';
import { launchPlanOf } from '../../../src/actions/launch.ts';
import { requestOf } from '../../../src/actions/launch-request.ts';
import { plan } from '../../../src/actions/plan.ts';
import { render } from '../../../src/actions/render.ts';
import { runtimeOf } from '../../../src/api/runtime.ts';
import { parseCatalogue } from '../../../src/catalogue/parse.ts';
import type { Role } from '../../../src/catalogue/role.ts';
import { renderBriefPlan, renderPlan } from '../../../src/reporters/plan.ts';
import type { PayloadInput } from '../../../src/schemes/payload.ts';
import { plain } from '../../../src/terminal/paint.ts';

/** A scheme of cloud-init's own: user data is YAML. A key of the personality names the packages. */
const packagesOf = ({ personality }: Role) => personality['packages'];

function cloudConfig({ role, launch, nonce }: PayloadInput) {
  const text = `#cloud-config\nlaunch: ${launch}\nnonce: ${nonce}\npackages: [${packagesOf(role)}]\nfinal_message: ${role.description}\n`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { scheme: 'cloud-config', text, bytes: Buffer.byteLength(text), sha256 };
}

const third: Scheme = {
  // Other schemes don't send the description to machines, so that it is no setting of theirs.
  settings: ({ description }) => ({ description }),
  redact: (text) => text.replace(/^nonce: .*$/m, 'nonce: (hidden)'),
  check: async () => ({ modules: [], faults: [] }),
  longest: cloudConfig,
  source: async () => source,
  wanted: async () => ({}),
};

const source: ArtifactSource = {
  scheme: third,
  asks: 'nothing',
  scripts: async () => [],
  make: async () => ({
    content: {},
    notices: ['cloud-init installs packages at the first boot only'],
    payload: cloudConfig,
    planned: ({ role }, payload) => ({
      boot: {
        rows: [['packages', packagesOf(role) ?? '']],
        brief: [['packages', packagesOf(role) ?? '']],
        payload,
        start: {
          title: 'cloud-init',
          aside: '(of the AMI)',
          lines: [{ text: 'installs packages', hang: 2 }],
        },
      },
    }),
  }),
};

const row: SchemeRow = { boots: (role) => packagesOf(role) !== undefined, load: async () => third };
// A row in front of the product's own, for this file alone.
const rows = SCHEMES as SchemeRow[];
rows.unshift(row);
afterAll(() => {
  rows.shift();
});

const RUNTIME = runtimeOf({ cwd: tmpdir(), env: {} });

async function requested(role: string, description = 'up') {
  const text = JSON.stringify({
    version: 1,
    name: 'demo',
    region: 'eu-central-1',
    ami: 'ami-0123456789abcdef0',
    defaults: { instance_type: 't3.micro' },
    environments: { prod: null },
    contexts: { b: null },
    roles: {
      web: { description, personality: { packages: 'nginx' } },
      cache: { description, personality: { mb: 64 } },
    },
  });
  const parsed = parseCatalogue(text, 'roles.yaml', '/catalogue/roles.yaml');
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('; '));
  const { catalogue } = parsed;
  const input = { role, environment: 'prod', context: 'b', launchId: 'l-1' };
  const request = await requestOf(input, catalogue, RUNTIME);
  const choice = { local: false, profile: undefined, region: undefined, catalogue: undefined };
  return { catalogue, request, choice };
}

/** What the launch stage gets. */
async function launched(role: string, description?: string) {
  const { request } = await requested(role, description);
  const session = { runtime: RUNTIME, bucket: undefined } as Parameters<typeof launchPlanOf>[2];
  return launchPlanOf(request, await artifactsOf(request, {}, session), session);
}

test('a role of a third scheme is rendered, as its scheme makes and hides it', async () => {
  const { request, choice, catalogue } = await requested('web');
  const whole = await render(request, { ...choice, redact: false }, catalogue, RUNTIME);
  expect(whole.payload).toEqual(cloudConfig(request));
  expect(whole.notes).toEqual(['cloud-init installs packages at the first boot only']);
  const shown = await render(request, { ...choice, redact: true }, catalogue, RUNTIME);
  expect(shown.payload.text).toBe(
    '#cloud-config\nlaunch: l-1\nnonce: (hidden)\npackages: [nginx]\nfinal_message: up\n',
  );
});

test('its launch carries that payload, and a settings hash of what the scheme reads', async () => {
  const own = await launched('web');
  expect((await own.payload(1)).text).toContain('packages: [nginx]');
  expect(own.settingsHash).toMatch(/^[0-9a-f]{64}$/);
  expect((await launched('web')).settingsHash).toBe(own.settingsHash);
  expect((await launched('web', 'ready')).settingsHash).not.toBe(own.settingsHash);
  const other = await launched('cache');
  expect((await launched('cache', 'ready')).settingsHash).toBe(other.settingsHash);
});

test('a plan shows its rows, and other roles keep their schemes', async () => {
  const { request, choice, catalogue } = await requested('web');
  const shown = await plan(request, choice, catalogue, RUNTIME);
  const text = renderPlan(shown, 0, plain);
  expect(text).toMatch(/^packages +nginx$/m);
  expect(text).toContain('nonce: (hidden)');
  expect(text).toContain('cloud-init (of the AMI)\n  installs packages\n');
  expect(renderBriefPlan(shown, 0, 80)).toMatch(/^packages +nginx$/m);
  const other = await requested('cache');
  expect(renderPlan(await plan(other.request, choice, other.catalogue, RUNTIME), 0, plain)).toContain(
    'init script (the box runs the first that exists)',
  );
});
