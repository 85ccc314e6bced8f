import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../../src/files/package-root.ts';
import type { Faults } from '../src/faults.ts';
import { parseFaults, readFaults } from '../src/faults-file.ts';

const WHOLE = `no_capacity:
  - zone: us-east-1a
    instance_type: m5.large
    market: spot
    available: 2
vcpu_quota: 64
throttle:
  RunInstances: 2
drop_answers:
  RunInstances: 1
unauthorized:
  - CreateTags
s3_errors:
  GetObject: 2
conflicts:
  PutObject: 3
break_off:
  PutObject: 1
clock_skew_ms: -5000
die_after_requests: 100
invisible_ms: 2000
console:
  every_bytes: 400
  drop_bytes: 40
  launch_indexes: [0]
machine_dies:
  after_ms: 500
  launch_indexes: [1]
metadata:
  user_agent: curl
  delay_ms: 1000
  fail_first: 3
  dead_ms: 20000
power:
  - kind: cut
    when_console: half way
    off_ms: 2000
  - kind: reset
    after_ms: 5000
    launch_indexes: [1]
network_late:
  ms: 20000
impaired:
  launch_indexes: [2]
spot_interruptions:
  after_ms: 60000
  share: 0.1
throttling: documented
seed: 7
boxes:
  pending_ms: 2000
  kernel_ms: 4000
  steps:
    - name: metadata
      ms: 100
    - name: init
      ms: 9000
  jitter: 0.25
  lost_beacons:
    share: 0.5
  outcomes:
    - kind: failed
      step: init
      status: 100
      lines: ['E: Unable to locate package rabbitmq-server']
      share: 0.02
    - kind: hangs
      step: init
      launch_indexes: [3]
    - kind: dies
    - kind: dies-pending
    - kind: never-running
    - kind: ok
`;

describe('parseFaults', () => {
  test('reads every fault', () => {
    expect(parseFaults(WHOLE, 'f.yaml')).toEqual({
      noCapacity: [{ zone: 'us-east-1a', instanceType: 'm5.large', market: 'spot', available: 2 }],
      vcpuQuota: 64,
      throttle: { RunInstances: 2 },
      dropAnswers: { RunInstances: 1 },
      unauthorized: ['CreateTags'],
      s3Errors: { GetObject: 2 },
      conflicts: { PutObject: 3 },
      breakOff: { PutObject: 1 },
      clockSkewMs: -5000,
      dieAfterRequests: 100,
      invisibleMs: 2000,
      console: { everyBytes: 400, dropBytes: 40, launchIndexes: [0] },
      machineDies: { afterMs: 500, launchIndexes: [1] },
      metadata: { userAgent: 'curl', delayMs: 1000, failFirst: 3, deadMs: 20_000 },
      power: [
        { kind: 'cut', whenConsole: 'half way', offMs: 2000 },
        { kind: 'reset', afterMs: 5000, launchIndexes: [1] },
      ],
      networkLate: { ms: 20_000 },
      impaired: { launchIndexes: [2] },
      spotInterruptions: { afterMs: 60_000, share: 0.1 },
      throttling: 'documented',
      seed: 7,
      boxes: {
        pendingMs: 2000,
        kernelMs: 4000,
        steps: [
          { name: 'metadata', ms: 100 },
          { name: 'init', ms: 9000 },
        ],
        jitter: 0.25,
        lostBeacons: { share: 0.5 },
        outcomes: [
          {
            kind: 'failed',
            step: 'init',
            status: 100,
            lines: ['E: Unable to locate package rabbitmq-server'],
            share: 0.02,
          },
          { kind: 'hangs', step: 'init', launchIndexes: [3] },
          { kind: 'dies' },
          { kind: 'dies-pending' },
          { kind: 'never-running' },
          { kind: 'ok' },
        ],
      },
    });
    expect(parseFaults('', 'f.yaml')).toEqual({});
    expect(parseFaults('# nothing goes wrong\n', 'f.yaml')).toEqual({});
  });

  test('the page for users shows a file with every key', () => {
    const page = readFileSync(join(packageRoot(), 'docs', 'local-cloud.md'), 'utf8');
    const shown = /```yaml\n(no_capacity:[\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(Object.keys(parseFaults(shown, 'docs/local-cloud.md')).sort()).toEqual(
      Object.keys(parseFaults(WHOLE, 'f.yaml')).sort(),
    );
  });

  test('the page for users shows every key of simulated boxes', () => {
    const page = readFileSync(join(packageRoot(), 'docs', 'local-cloud.md'), 'utf8');
    const shown = parseFaults(/```yaml\n(boxes:[\s\S]*?)```/.exec(page)?.[1] ?? '', 'docs/local-cloud.md');
    const whole = parseFaults(WHOLE, 'f.yaml');
    expect(Object.keys(shown.boxes ?? {}).sort()).toEqual(Object.keys(whole.boxes ?? {}).sort());
    const kinds = (faults: Faults) => new Set(faults.boxes?.outcomes?.map(({ kind }) => kind));
    expect(new Set([...kinds(shown), 'ok'])).toEqual(kinds(whole));
  });

  test('tells every fault of the file at once, each with its place', () => {
    const text = `vcpu_qouta: 4
throttle:
  RunInstance: 2
  RunInstances: often
no_capacity:
  - zone: 1
    room: 2
machine_dies:
  launch_indexes: [0, -1]
console: loud
throttling: undocumented
boxes:
  jitter: 2
  steps:
    - name: two words
      ms: 1
  outcomes:
    - kind: explodes
    - kind: ok
      step: init
    - 5
`;
    let message = 'no refusal';
    try {
      parseFaults(text, 'f.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n').map((line) => line.slice(0, 70))).toEqual([
      'f.yaml:1:1: unknown key "vcpu_qouta"; expected no_capacity, vcpu_quota',
      'f.yaml:3:3: expected an operation of the local cloud: CreateTags, Desc',
      'f.yaml:4:3: expected a whole number of at least 0',
      'f.yaml:6:5: expected a text',
      'f.yaml:7:5: unknown key "room"; expected zone, instance_type, market, ',
      'f.yaml:8:1: expected after_ms',
      'f.yaml:9:23: expected a whole number of at least 0',
      'f.yaml:10:1: expected a map with launch_indexes, share, empty, every_b',
      'f.yaml:11:1: expected documented',
      'f.yaml:13:3: expected a number from 0 to 1',
      'f.yaml:15:7: expected the name of a step: 1 to 48 letters, digits and ',
      'f.yaml:18:7: expected ok, failed, hangs, dies, dies-pending, never-run',
      'f.yaml:20:7: unknown key "step"; expected kind, launch_indexes, share',
      'f.yaml:21:7: expected a map with kind, launch_indexes, share',
    ]);
  });

  test.each([
    ['a: b: c', 'f.yaml:1:4: '],
    ['vcpu_quota: 1\nvcpu_quota: 2\n', 'f.yaml:2:1: Map keys must be unique'],
    ['- 1\n', 'f.yaml:1:1: expected a map with no_capacity'],
    ['__proto__: 1\n', 'f.yaml:1:1: unknown key "__proto__"'],
    ['power: [{kind: cut}]\n', 'f.yaml:1:9: expected either after_ms or when_console'],
    ['power: [{kind: cut, after_ms: 1, when_console: x}]\n', 'expected either after_ms or when_console'],
    ['power: [{kind: reset, after_ms: 1, off_ms: 1}]\n', 'expected no off_ms'],
    ['power: {kind: cut, after_ms: 1}\n', 'f.yaml:1:1: expected a list'],
    ['metadata: {dead_ms: 0}\n', 'f.yaml:1:12: expected a whole number of at least 1'],
    ['toString: 1\n', 'f.yaml:1:1: unknown key "toString"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseFaults(text, 'f.yaml')).toThrow(message);
  });

  test('says which file can’t be read', () => {
    expect(() => readFaults('/nowhere/faults.yaml')).toThrow(
      "/nowhere/faults.yaml can't be read: no such file or directory",
    );
  });
});
