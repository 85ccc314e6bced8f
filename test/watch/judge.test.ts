import { describe, expect, test } from '@jest/globals';
import type { Reading } from '../../src/watch/facts.ts';
import { judge } from '../../src/watch/judge.ts';
import {
  BOOTED,
  factsOf,
  failedRun,
  goodRun,
  LAUNCH,
  LAUNCHED_AT,
  marker,
  OTHER_NONCE,
  READING,
  text,
  verdictOf,
} from './boxes.ts';

const verdict = (lines: readonly string[], reading: Reading = READING) =>
  verdictOf(factsOf([text(lines)], reading));
const outcome = (lines: readonly string[], reading?: Reading) => verdict(lines, reading).outcome;
const now = (lines: readonly string[], reading: Reading = READING) =>
  judge(factsOf([text(lines)], reading), { launchedAt: LAUNCHED_AT, now: LAUNCHED_AT + 60_000 }).kind;
const failure = (lines: readonly string[], reading?: Reading) => {
  const found = verdict(lines, reading);
  if (found.outcome !== 'failed') throw new Error(`${found.outcome}, not failed`);
  return found.failure;
};

describe('a success', () => {
  test('has the steps of its run, and the time from launch to its verdict', () => {
    expect(verdict(goodRun())).toMatchObject({
      outcome: 'succeeded',
      bootMs: BOOTED * 1000 + 8000 - LAUNCHED_AT,
      steps: [
        { name: 'metadata', status: 0, ms: 31 },
        { name: 'personality', status: 0, ms: 4 },
        { name: 'init', status: 0, ms: 1200 },
      ],
    });
  });

  test('needs only its verdict: what the ring has lost may be missing', () => {
    expect(verdict(goodRun().slice(-1))).toMatchObject({ outcome: 'succeeded', steps: [] });
  });

  test('is told once, however often its markers come', () => {
    expect(verdict([...goodRun(), ...goodRun(), ...goodRun().slice(-1)])).toEqual(verdict(goodRun()));
  });

  test('never comes from markers without a verdict, however good', () => {
    expect(outcome(goodRun({}, 7))).toBe('silent');
    expect(now(goodRun({}, 7))).toBe('open');
  });

  test('takes no negative time, where the clocks differ', () => {
    expect(verdict(goodRun({ epoch: 1 }))).toMatchObject({ outcome: 'succeeded', bootMs: 0 });
  });
});

describe('a step whose time was up', () => {
  const timedOut = (more: readonly string[]) => [
    ...goodRun({}, 6),
    ...[marker(7, 'alive init', { epoch: BOOTED + 36 }), 'rolecall[init]~ Reading package lists...'],
    marker(8, 'end init 124 540000', { epoch: BOOTED + 546 }),
    ...[
      'how timeout',
      'interpreter bash',
      'file b/prod/bootstrapper.sh',
      'line 7',
      'command apt-get update',
    ].map((fact) => `rolecall[init]! ${fact}`),
    ...['status 124', 'for 280', 'limit the launch waits 600 s'].map((fact) => `rolecall[init]! ${fact}`),
    ...more,
    'ERROR Bootstrapping failed at step init (status 124): timed out at line 7 of b/prod/bootstrapper.sh: apt-get update',
    marker(9, 'verdict failed init 124 541000', { epoch: BOOTED + 547 }),
  ];

  test('is told by its line, its command, for how long, and whose time it was', () => {
    expect(failure(timedOut(['rolecall[init]| Reading package lists...']))).toMatchObject({
      step: 'init',
      status: 124,
      command: 'apt-get update',
      location: { file: 'b/prod/bootstrapper.sh', line: 7 },
      error: 'timed out at line 7: apt-get update, for 4 min 40 s (the launch waits 600 s)',
      excerpt: ['Reading package lists...'],
    });
  });

  test('and that printed nothing shows the console without what is meant for programs', () => {
    const { excerpt } = failure(['[    0.0] Linux', ...timedOut(['rolecall[init]! silent yes'])]);
    expect(excerpt.join('\n')).not.toMatch(/rolecall\[init\][!~]/);
    expect(excerpt[0]).toBe('[    0.0] Linux');
  });
});

describe('a failure', () => {
  test('names the step, its status, its first error and its excerpt', () => {
    expect(verdict(failedRun())).toMatchObject({
      outcome: 'failed',
      bootMs: BOOTED * 1000 + 8000 - LAUNCHED_AT,
      steps: [{ name: 'metadata' }, { name: 'personality' }, { name: 'init', status: 2, ms: 900 }],
    });
    expect(failure(failedRun())).toEqual({
      step: 'init',
      status: 2,
      error: "cp: cannot stat 'memcached.conf': No such file or directory",
      excerpt: [
        '+ cp error.conf /etc/memcached.conf',
        'copying 3 files, 0 errors so far',
        "cp: cannot stat 'memcached.conf': No such file or directory",
        'giving up',
      ],
    });
  });

  test('shows lines once that the box printed to two or three devices which are one', () => {
    const lines = failedRun();
    const tripled = lines.flatMap((line) => [line, line, line]);
    const repeated = [...lines.slice(0, -1), ...lines.slice(7)];
    expect(failure(tripled)).toEqual(failure(lines));
    expect(failure(repeated)).toEqual(failure(lines));
  });

  describe('of a box that prints to the console, and by cloud-init once more', () => {
    const relayed = (line: string) => `[   24.123456] cloud-init[1120]: ${line}`;
    const [head, log, last] = [failedRun().slice(0, 7), failedRun().slice(7, 11), failedRun().slice(11)];
    const [one = '', two = '', three = '', four = ''] = log;

    test.each([
      ['in any order', [one, relayed(one), relayed(two), two, three, relayed(three), four, relayed(four)]],
      [
        'one a line behind',
        [one, relayed(one), two, three, relayed(two), relayed(three), four, relayed(four)],
      ],
      [
        'by two devices which are one',
        [one, one, relayed(one), two, two, three, relayed(two), three, four, four],
      ],
      ['where the console ends before the other', [one, two, relayed(one), three, four, relayed(two)]],
      ['where the console begins after one', [relayed(three), one, two, three, relayed(four), four]],
    ])('shows lines once, %s', (_name, lines) => {
      expect(failure([...head, ...lines, ...last])).toEqual(failure(failedRun()));
    });

    test('shows all that came, where one way tells what the other does not', () => {
      const mixed = [...head, one, relayed(two), relayed(three), four, ...last];
      expect(failure(mixed)).toEqual(failure(failedRun()));
    });
  });

  test('shows at most 40 lines of at most 400 characters, with nothing in them that drives a terminal', () => {
    const hostile = `rolecall[init]| \u001b[2J\u001b]0;owned\u0007\u202efailed\u0000 ${'x'.repeat(600)} no room`;
    const many = Array.from({ length: 60 }, (_, i) => `rolecall[init]| ${i}`);
    const { excerpt, error } = failure([
      ...goodRun({}, 6),
      ...many,
      hostile,
      marker(8, 'verdict failed init 1 1'),
    ]);
    expect(excerpt).toHaveLength(40);
    expect(excerpt.slice(0, 2)).toEqual(['21', '22']);
    expect(excerpt.at(-1)).toMatch(/^failed x{259}…x{125} no room$/);
    expect(error).toBe(excerpt.at(-1));
  });

  test("takes the error from the bootstrapper's closing line, which has seen more than the excerpt", () => {
    const closing = 'ERROR Bootstrapping failed at step init (status 2): mkfs: no such device';
    const [verdictLine = ''] = failedRun().slice(11);
    const lines = [...failedRun().slice(0, 11), closing, verdictLine];
    expect(failure(lines).error).toBe('mkfs: no such device');
    expect(failure(lines.filter((line) => !line.includes(']|'))).error).toBe('mkfs: no such device');
    const ofAnotherStep = lines.map((line) => line.replace('at step init', 'at step metadata'));
    expect(failure(ofAnotherStep).error).toBe("cp: cannot stat 'memcached.conf': No such file or directory");
  });

  test('tells the command that failed by what the box knows of it, and the error that it printed', () => {
    const facts = [
      'how command',
      'interpreter bash',
      'file b/prod/bootstrapper.sh',
      'line 7',
      'function deploy',
      'command cp memcached.conf /etc',
      'status 1',
      'behind 1',
    ];
    const told = facts.map((fact) => `rolecall[init]! ${fact}`);
    const closing =
      'ERROR Bootstrapping failed at step init (status 2): line 7 of b/prod/bootstrapper.sh: cp memcached.conf /etc (status 1)';
    const lines = [
      ...failedRun().slice(0, 7),
      ...told,
      ...failedRun().slice(7, 11),
      closing,
      failedRun()[11] ?? '',
    ];
    const expected = {
      step: 'init',
      status: 2,
      command: 'cp memcached.conf /etc',
      commandStatus: 1,
      location: { file: 'b/prod/bootstrapper.sh', line: 7, function: 'deploy' },
      error: "cp: cannot stat 'memcached.conf': No such file or directory",
      excerpt: failure(failedRun()).excerpt,
    };
    expect(failure(lines)).toEqual(expected);
    // Twice and thrice over, and without the lines or the facts.
    expect(failure(lines.flatMap((line) => [line, line, line]))).toEqual(expected);
    expect(failure(lines.filter((line) => !line.includes(']|')))).toMatchObject({
      command: expected.command,
      error: 'line 7 of b/prod/bootstrapper.sh: cp memcached.conf /etc (status 1)',
    });
    expect(failure(lines.filter((line) => !line.includes(']!')))).toMatchObject({
      error: 'line 7 of b/prod/bootstrapper.sh: cp memcached.conf /etc (status 1)',
    });
  });

  test('takes no facts of an earlier run', () => {
    const later = { run: 'ffff0000', epoch: BOOTED + 100 };
    const told = ['how command', 'command mkfs /dev/x', 'line 3', 'file x.sh'].map(
      (fact) => `rolecall[init]! ${fact}`,
    );
    const found = failure([
      ...failedRun().slice(0, 7),
      ...told,
      ...failedRun().slice(7),
      ...failedRun(later),
    ]);
    expect(found.command).toBeUndefined();
  });

  test('shows the lines around an error that stands far before the end', () => {
    const noise = Array.from({ length: 70 }, (_, index) => `rolecall[init]| noise ${index}`);
    const lines = [
      ...goodRun({}, 6),
      'rolecall[init]! how command',
      'rolecall[init]! command cp a b',
      'rolecall[init]! behind 70',
      "rolecall[init]| cp: cannot stat 'a': No such file or directory",
      ...noise,
      marker(8, 'verdict failed init 1 1'),
    ];
    const { error, excerpt } = failure(lines);
    expect(error).toBe("cp: cannot stat 'a': No such file or directory");
    expect(excerpt[0]).toBe(error);
    expect(excerpt).toHaveLength(40);
  });

  test('says that nothing looks like an error, and shows the last line', () => {
    const lines = [
      ...goodRun({}, 6),
      'rolecall[init]| one',
      'rolecall[init]| two',
      marker(8, 'verdict failed init 9 1'),
    ];
    expect(failure(lines).error).toBe('it printed nothing about an error; its last line: two');
  });

  test.each([
    [
      'a failed verdict before an ok',
      [marker(7, 'verdict failed init 1 1'), marker(8, 'verdict ok init 0 1')],
    ],
    [
      'a failed verdict after an ok',
      [marker(7, 'verdict ok init 0 1'), marker(8, 'verdict failed init 1 1')],
    ],
    ['a bad end before an ok', [marker(7, 'end init 3 1'), marker(8, 'verdict ok init 0 1')]],
    ['a bad end after an ok', [marker(7, 'verdict ok init 0 1'), marker(8, 'end init 3 1')]],
    ['both under one number', [marker(8, 'verdict ok init 0 1'), marker(8, 'verdict failed init 1 1')]],
  ])('%s beats it', (_, lines) => {
    expect(failure(lines).step).toBe('init');
    expect(now(lines)).toBe('decided');
  });

  test('a bad end dooms a run whose verdict is still to come', () => {
    expect(now(failedRun().slice(0, 7))).toBe('doomed');
    expect(outcome(failedRun().slice(0, 7))).toBe('failed');
  });
});

describe('the current run', () => {
  const first = { run: '00000001', epoch: BOOTED };
  const second = { run: '00000002', epoch: BOOTED + 100 };

  test('is the one that begins last on the console, whatever the clocks say', () => {
    for (const [one, other] of [
      [first, second],
      [second, first],
    ]) {
      expect(outcome([...failedRun(one), ...goodRun(other)])).toBe('succeeded');
      expect(outcome([...goodRun(one), ...failedRun(other)])).toBe('failed');
    }
  });

  test('is the later one also where an earlier run is repeated behind it', () => {
    expect(outcome([...goodRun(first), ...failedRun(second), ...goodRun(first)])).toBe('failed');
    expect(outcome([...goodRun(first), ...goodRun(second, 3), ...goodRun(first)])).toBe('silent');
  });

  test('is waited for, whatever an earlier one said', () => {
    expect(outcome([...goodRun(first), ...goodRun(second, 3)])).toBe('silent');
  });

  test('shows its own excerpt', () => {
    const lines = [
      ...failedRun(first),
      ...failedRun(second).map((line) => line.replace('memcached.conf', 'other.conf')),
    ];
    expect(failure(lines).error).toContain("'other.conf'");
    expect(failure(lines).excerpt).toHaveLength(4);
  });
});

describe('cloud-init', () => {
  test.each([
    'cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)',
    'cc_scripts_user.py[WARNING]: Failed to run module scripts_user (scripts in /var/lib/cloud/instance/scripts)',
    "util.py[WARNING]: Running module scripts-user (<module 'cloudinit.config.cc_scripts_user' from '/x.py'>) failed",
    '[   31.412] cloud-init[1120]: 2026-11-21 22:00:00,123 - util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]',
  ])('%s makes an ok failed', (line) => {
    expect(outcome(goodRun())).toBe('succeeded');
    expect(failure([...goodRun(), line])).toMatchObject({
      step: 'cloud-init',
      status: 1,
      error: line.replace('[   31.412] cloud-init[1120]: ', ''),
    });
    expect(failure([line, ...goodRun()])).toMatchObject({ step: 'cloud-init' });
    expect(now([line])).toBe('doomed');
  });

  test.each([
    "__init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'environment=prod'...'",
    'Cloud-init v. 24.1 finished at Sat, 21 Nov 2026 22:00:00 +0000. Datasource DataSourceEc2. Up 31.4 seconds',
    'cloud-init[1120]: Cloud-init v. 22.4.2 running modules:final at ...',
  ])('%s does not', (line) => {
    expect(outcome([line, ...goodRun(), line])).toBe('succeeded');
  });

  test('the status of the script is that of the failure', () => {
    expect(failure(['Failed running /var/lib/cloud/instance/scripts/part-001 [127]']).status).toBe(127);
  });
});

describe('a marker from before user data was read', () => {
  const anonymous = '<<rc2 - a1b2c3d4 3 1763762350 verdict failed metadata 22 9000 ->>';

  test('counts when nothing valid arrived in time, and says that it is unproved', () => {
    expect(now([anonymous])).toBe('open');
    const lines = ['rolecall[metadata]| curl: (7) Failed to connect to 169.254.169.254 port 80', anonymous];
    expect(failure(lines)).toMatchObject({
      step: 'metadata',
      status: 22,
      error: 'curl: (7) Failed to connect to 169.254.169.254 port 80',
      reason: expect.stringContaining('no MAC proves it'),
    });
  });

  test('does not count beside a valid marker', () => {
    expect(outcome([anonymous, ...goodRun()])).toBe('succeeded');
    expect(outcome([...goodRun({}, 3), anonymous])).toBe('silent');
  });

  test('never tells a success', () => {
    expect(outcome(['<<rc2 - a1b2c3d4 3 1763762350 verdict ok init 0 9 ->>'])).toBe('silent');
  });
});

test("an earlier run's log is no excerpt of this run's failure", () => {
  const later = { run: 'ffff0000', epoch: BOOTED + 100 };
  const { excerpt, error } = failure([
    ...failedRun(),
    marker(1, 'begin personality 1.2.3', later),
    marker(2, 'end init 1 5', { ...later, epoch: BOOTED + 101 }),
    'ERROR Bootstrapping failed at step init (status 1): no init script for this machine',
    marker(3, 'verdict failed init 1 9', { ...later, epoch: BOOTED + 102 }),
  ]);
  expect(error).toBe('no init script for this machine');
  // Nothing but the console's own last lines.
  expect(excerpt.at(-1)).toMatch(/^ERROR Bootstrapping failed/);
});

describe('patterns of a bootstrapper that is not ours', () => {
  test.each([
    '[   24.123456] cloud-init[1120]: Done',
    'ip-10-0-0-1 login: [   21.7] cloud-init[1618]: Done',
    'Done',
  ])('fit the line as the script printed it: %s', (line) => {
    expect(outcome([line], { ...READING, success: /^Done$/u })).toBe('succeeded');
    expect(outcome([line], { ...READING, failure: /^Done$/u })).toBe('failed');
  });

  const reading = { ...READING, nonce: undefined, success: /^Ready\.$/, failure: /^Oops: / };

  test('decide without markers, line by line', () => {
    expect(verdict(['booting', 'Ready.'], reading)).toMatchObject({
      outcome: 'succeeded',
      bootMs: 60_000,
      steps: [],
    });
    expect(failure(['booting', 'Oops: no disk'], reading)).toEqual({
      step: 'pattern',
      status: 1,
      error: 'Oops: no disk',
      excerpt: ['booting', 'Oops: no disk'],
      reason: expect.stringContaining('failure pattern'),
    });
    expect(outcome(['Ready. Not.', 'so Ready.'], reading)).toBe('silent');
  });

  test('the failure wins over the success, in any order', () => {
    expect(outcome(['Ready.', 'Oops: x'], reading)).toBe('failed');
    expect(outcome(['Oops: x', 'Ready.'], reading)).toBe('failed');
  });

  test('see through colours', () => {
    expect(outcome(['\u001b[32mReady.\u001b[0m'], reading)).toBe('succeeded');
  });

  test('with markers, failed wins', () => {
    const both = { ...reading, ...READING };
    expect(outcome([...goodRun(), 'Oops: x'], both)).toBe('failed');
    expect(outcome([...failedRun(), 'Ready.'], both)).toBe('failed');
    expect(outcome([...goodRun(), 'Ready.'], both)).toBe('succeeded');
    expect(outcome([...goodRun(), 'no pattern'], both)).toBe('succeeded');
    expect(outcome(['Ready.', '<<rc2 - a1b2c3d4 1 1763762350 verdict failed metadata 1 1 ->>'], both)).toBe(
      'failed',
    );
  });

  test('where our bootstrapper has begun, its own verdict is waited for', () => {
    expect(outcome([...goodRun({}, 4), 'Ready.'], { ...reading, ...READING })).toBe('silent');
  });

  test('a success is not believed of a line that is cut', () => {
    const end = 'x'.repeat(300);
    // The ring of 100 bytes has cut "not " off; and the second console begins anew before the line's end.
    const cutHead = factsOf([`so it is not Ready.\r\n${end}`.slice(-308)], reading, 100);
    expect(verdictOf(cutHead).outcome).toBe('silent');
    const cutEnd = factsOf(['Ready.', 'something else altogether\r\n'], reading);
    expect(verdictOf(cutEnd).outcome).toBe('silent');
  });
});

test('markers of others tell nothing', () => {
  expect(outcome(goodRun({ launch: 'web-2' }))).toBe('silent');
  expect(outcome(goodRun({ nonce: OTHER_NONCE }))).toBe('silent');
  expect(outcome([...goodRun({}, 6), ...goodRun({ nonce: OTHER_NONCE })])).toBe('silent');
  expect(outcome(goodRun(), { ...READING, nonce: undefined })).toBe('silent');
});

test.each([
  [
    'a real console of Amazon Linux',
    'succeeded',
    [
      '[    0.000000] Linux version 6.1.0-amzn (mockbuild@ip) #1 SMP',
      '\u001b[0;32m[  OK  ]\u001b[0m Started \u001b[0;1;39mrc-local.service\u001b[0m - /etc/rc.d/rc.local Compatibility.',
      "[   18.22] cloud-init[1512]: 2026-11-21 22:00:00,123 - __init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'environment=prod'...'",
      '',
      `ip-10-0-0-1 login: [   21.7] cloud-init[1618]: ${goodRun()[0]}`,
      `[   21.8] rc.local[1620]: ${goodRun()[1]}[  OK  ] Reached target Multi-User System.`,
      `[   21.6] rc.local[1620]: ${goodRun()[2]}`,
      `<<rc2 ${LAUNCH} a1b2c3d4 4 [  OK  ] Started Session c1 of User root.`,
      `${goodRun()[4]}`,
      `[   22.0] rc.local[1620]: ${goodRun()[7]?.slice(0, 40)}`,
      `[   22.0] rc.local[1620]: ${goodRun()[7]}`,
      `${goodRun()[7]}`,
      'Cloud-init v. 22.2.2 finished at Sat, 21 Nov 2026 22:00:05 +0000.',
    ],
  ],
  [
    'a real console of RHEL 9',
    'failed',
    [
      '[    3.141592] systemd[1]: Starting rolecall bootstrapper...',
      ...failedRun().map((line, i) => `[   ${31 - i}.926535] rolecall-bootstrapper[733]: ${line}`),
      'Red Hat Enterprise Linux 9.4 (Plow)',
      'Kernel 5.14.0-427.el9.x86_64 on an x86_64',
      '',
      'ip-172-31-0-9 login: ',
    ],
  ],
])('%s: %s', (_, expected, lines) => {
  const found = verdict(lines);
  expect(found.outcome).toBe(expected);
  if (found.outcome === 'failed') {
    expect(found.failure.error).toBe("cp: cannot stat 'memcached.conf': No such file or directory");
  }
});
