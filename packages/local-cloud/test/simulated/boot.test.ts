import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../../../src/catalogue/role.ts';
import { boxProgram } from '../../../../src/files/package-root.ts';
import type { BundleKey, InstanceId, LaunchId, Nonce } from '../../../../src/model.ts';
import { personalityPayload } from '../../../../src/schemes/personality/payload.ts';
import { startUpPayload } from '../../../../src/schemes/start-up-bundle/payload.ts';
import { readVerdictKey } from '../../../../src/watch/channels/beacons/keys.ts';
import { findMarkers, isAnonymous, isTrue, type Marker } from '../../../../src/watch/markers.ts';
import { boots, type Left } from '../../src/simulated/boot.ts';
import { outcomeOf } from '../../src/simulated/outcome.ts';
import type { BoxEnd, BoxPlan } from '../../src/simulated/plan.ts';
import { bootOf } from '../../src/simulated/user-data.ts';
import { Voice } from '../../src/simulated/voice.ts';

const launch = 'web-1' as LaunchId;
const nonce = '0123456789abcdef0123456789abcdef' as Nonce;
const instanceId = 'i-0123456789abcdef0' as InstanceId;
const trust = { launch, instanceId, nonce };
const role = {
  role: 'web',
  environment: 'prod',
  context: 'b',
  personality: {},
  timeoutMs: 60_000,
} as unknown as Role;
const PERSONALITY = personalityPayload(role, { launch, nonce }).text;
const SCRIPT = startUpPayload(
  role,
  {
    launch,
    nonce,
    bundle: {
      url: 'https://bucket/key?X-Amz-Signature=1',
      key: 'f'.repeat(64) as BundleKey,
      sha256: 'a'.repeat(64),
      compression: 'gzip',
    },
  },
  boxProgram('start-up.sh'),
).text;

/** Boots one box on a clock of its own, to its end. */
function boot(userData: string | undefined, end: BoxEnd, more: { plan?: BoxPlan; seed?: number } = {}) {
  let now = 1_763_762_345_000;
  let console = '';
  const beacons: (string | undefined)[][] = [];
  const voice = new Voice(
    (text) => {
      console += text;
    },
    () => now,
    { instanceId, run: 'a1b2c3d4' },
  );
  const going = boots({
    boot: bootOf(userData === undefined ? undefined : Buffer.from(userData)),
    end,
    plan: more.plan ?? {},
    seed: more.seed,
    ordinal: 0,
    hostname: 'ip-10-0-0-4',
    voice,
    now: () => now,
    beacon: (...words) => beacons.push(words),
  });
  let left: Left | undefined;
  const started = now;
  for (let step = going.next(); ; step = going.next()) {
    if (step.done === true) {
      left = step.value;
      break;
    }
    now += step.value;
  }
  const markers = console.split('\n').flatMap(findMarkers);
  return { console, markers, beacons, left, ms: now - started, told: voice.told };
}

const words = (markers: readonly Marker[]) =>
  markers.map(({ seq, signed }) => `${seq} ${signed.split(' ').slice(4).join(' ').replace(/ \d+$/, '')}`);

describe('what a simulated box tells', () => {
  test('of a personality: the bootstrapper’s markers, all true, the verdict three times', () => {
    const { markers, left, beacons, ms, told } = boot(PERSONALITY, { kind: 'ok' });
    expect(markers.every((marker) => isTrue(marker, trust))).toBe(true);
    expect(words(markers)).toEqual([
      '1 begin personality simulated',
      '2 start metadata',
      '3 end metadata 0',
      '4 start personality',
      '5 end personality 0',
      '6 start init',
      '7 end init 0',
      ...Array(3).fill('8 verdict ok init 0'),
    ]);
    expect(left).toBe('up');
    expect(beacons).toHaveLength(1);
    const beacon = readVerdictKey(`beacons/${launch}/v/${instanceId}/${beacons[0]?.[0]}`, launch);
    expect(beacon).toEqual({ instanceId, marker: markers.at(-1) });
    expect(findMarkers(told.replaceAll('\n', ' ')).map(({ seq }) => seq)).toEqual([3, 5, 7, 8]);
    expect(ms).toBeGreaterThan(9_000);
    expect(ms).toBeLessThan(16_000);
  });

  test('of a plan that leaves out the reading of the user data: true markers all the same', () => {
    const { markers } = boot(PERSONALITY, { kind: 'ok' }, { plan: { steps: [{ name: 'init', ms: 9_000 }] } });
    expect(markers.every((marker) => isTrue(marker, trust))).toBe(true);
    expect(words(markers).slice(1, 3)).toEqual(['2 start init', '3 end init 0']);
  });

  test('of a start-up script: its steps and its lines for people', () => {
    const { markers, console } = boot(SCRIPT, { kind: 'ok' });
    expect(markers.every((marker) => isTrue(marker, trust))).toBe(true);
    expect(words(markers).slice(0, 3)).toEqual([
      '1 begin start-up-bundle simulated',
      '2 start metadata',
      '3 end metadata 0',
    ]);
    expect(words(markers).at(-1)).toBe('14 verdict ok module.web 0');
    expect(console).toContain('Starting module web: via web/start-up.sh\n');
    expect(console).toContain('Finished starting module web\n');
  });

  test('a failure: its end, its lines, its cause, and a verdict that names the step', () => {
    const lines = ['Reading package lists...', 'E: Unable to locate package rabbitmq-server'];
    const end: BoxEnd = { kind: 'failed', step: 'module.rabbitmq', status: 100, lines };
    const { markers, console, beacons, left } = boot(SCRIPT, end);
    expect(words(markers).slice(-5)).toEqual([
      '14 start module.rabbitmq',
      '15 end module.rabbitmq 100',
      ...Array(3).fill('16 verdict failed module.rabbitmq 100'),
    ]);
    expect(console).toContain(`rolecall[module.rabbitmq]| ${lines[1]}\n`);
    expect(console).toContain(
      `ERROR Bootstrapping failed at step module.rabbitmq (status 100): ${lines[1]}\n`,
    );
    const beacon = readVerdictKey(`beacons/${launch}/v/${instanceId}/${beacons[0]?.[0]}`, launch);
    expect(beacon).toEqual({ instanceId, marker: markers.at(-1) });
    expect(beacons[0]?.[1]).toContain(lines[0]);
    expect(left).toBe('up');
  });

  test('a failure before the box knows who it is has neither launch nor MAC', () => {
    const { markers } = boot(PERSONALITY, { kind: 'failed', step: 'metadata' });
    expect(markers).toHaveLength(3);
    expect(markers.every(isAnonymous)).toBe(true);
  });

  test.each<[BoxEnd, Left, string | undefined]>([
    [{ kind: 'hangs', step: 'init' }, 'up', '6 start init'],
    [{ kind: 'hangs' }, 'up', undefined],
    [{ kind: 'dies', step: 'init' }, 'dead', '6 start init'],
    [{ kind: 'dies' }, 'dead', undefined],
  ])('%j', (end, left, last) => {
    const told = boot(PERSONALITY, end);
    expect([told.left, words(told.markers).at(-1), told.beacons]).toEqual([left, last, []]);
  });

  test('without user data the bootstrapper says so; a script of somebody else says nothing', () => {
    expect(words(boot(undefined, { kind: 'ok' }).markers)).toEqual(
      Array(3).fill('1 verdict failed metadata 1'),
    );
    expect(boot('#!/bin/sh\necho hello\n', { kind: 'ok' }).markers).toEqual([]);
  });

  test('a build that is pinned is deployed first', () => {
    const { markers } = boot(`${PERSONALITY}rolecall_app=shop\n`, { kind: 'ok' });
    expect(words(markers)).toContain('12 start deploy.unpack');
  });

  test('the same seed takes the same time, another one another', () => {
    const span = (seed: number) => boot(PERSONALITY, { kind: 'ok' }, { seed }).ms;
    expect(span(7)).toBe(span(7));
    expect(span(7)).not.toBe(span(8));
    expect(
      boot(
        PERSONALITY,
        { kind: 'ok' },
        { plan: { jitter: 0, kernelMs: 5, steps: [{ name: 'one', ms: 10 }] } },
      ).ms,
    ).toBe(15);
  });
});

test('shares of outcomes count together, and the rest ends well', () => {
  const plan: BoxPlan = {
    outcomes: [
      { kind: 'never-running', launchIndexes: [0] },
      { kind: 'failed', share: 0.1 },
      { kind: 'hangs', share: 0.2 },
    ],
  };
  const kinds = Array.from(
    { length: 4_000 },
    (_, ordinal) => outcomeOf(plan, 3, { launchIndex: 1, ordinal }).kind,
  );
  const share = (kind: string) => kinds.filter((each) => each === kind).length / kinds.length;
  expect(share('failed')).toBeCloseTo(0.1, 1);
  expect(share('hangs')).toBeCloseTo(0.2, 1);
  expect(share('ok')).toBeCloseTo(0.7, 1);
  expect(outcomeOf(plan, 3, { launchIndex: 0, ordinal: 9 }).kind).toBe('never-running');
  expect(outcomeOf(plan, 3, { launchIndex: 1, ordinal: 9 })).toEqual(
    outcomeOf(plan, 3, { launchIndex: 5, ordinal: 9 }),
  );
});
