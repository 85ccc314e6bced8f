/** AMIs with a bootstrapper of their own: patterns and the judge see its lines as it printed them. */
import { describe, expect, test } from '@jest/globals';
import { unprefixed } from '../../src/watch/prefixes.ts';
import { silent } from '../../src/watch/silence.ts';
import { unreadText } from '../../src/watch/text.ts';
import { factsOf, READING, text, verdictOf } from './boxes.ts';

const reading = {
  ...READING,
  nonce: undefined,
  success: /^Finished bootstrapping /,
  failure: /^ERROR Bootstrapping failed/,
};

const PREFIXES = [
  ['none', ''],
  ['cloud-init', '[   24.123456] cloud-init[1120]: '],
  ['a login prompt before cloud-init', 'ip-10-0-0-12 login: [   21.701234] cloud-init[1618]: '],
  ['a login prompt', 'ip-10-0-0-12 login: '],
  ['journald', '[   21.512310] rc.local[701]: '],
  ['journald behind a login prompt', 'web-1.example.com login: [   21.512310] rc.local[701]: '],
  ["journald, glued to systemd's status", '[  OK  ] Started x.service.[   21.512310] rc.local[701]: '],
  ['logger -s', '<13>Nov 27 03:18:09 user-data: '],
  ['logger -s with a process id', '<13>Nov  7 03:18:09 user-data[812]: '],
  ['logger -s of newer versions', '<13>Nov 27 03:18:09 ip-10-0-0-12 user-data: '],
  ['syslog', 'Nov 27 03:18:09 ip-10-0-0-12 bootstrap[701]: '],
  ['rsyslog with times of ISO 8601', '2026-11-27T03:18:09.123456+00:00 ip-10-0-0-12 bootstrap[701]: '],
  ["systemd's status", '[  OK  ] '],
  ["Amazon Linux's own", 'ec2: '],
] as const;

describe.each(PREFIXES)('behind the prefix of %s', (_, prefix) => {
  const outcome = (...lines: readonly string[]) =>
    verdictOf(factsOf([text(lines.map((line) => `${prefix}${line}`))], reading));

  test('anchored patterns fit', () => {
    expect(outcome('Finished bootstrapping web').outcome).toBe('succeeded');
    expect(outcome('ERROR Bootstrapping failed').outcome).toBe('failed');
  });

  test('and they stay anchored', () => {
    expect(outcome('it says: not yet, Finished bootstrapping web').outcome).toBe('silent');
  });

  test('the error is picked by the same rules, from lines without their prefixes', () => {
    const found = outcome(
      'debconf: unable to initialize frontend: Dialog',
      'writing errors to /var/log/error.log',
      'E: Unable to locate package rabbitmq-server',
      'ERROR Bootstrapping failed',
    );
    const status = prefix === '[  OK  ] ' ? 'ERROR Bootstrapping failed' : undefined;
    expect(found).toMatchObject({
      outcome: 'failed',
      failure: { step: 'pattern', error: status ?? 'E: Unable to locate package rabbitmq-server' },
    });
  });
});

test.each([
  ['Starting web', undefined, false],
  ['[   24.123456] cloud-init[1120]: Starting web', 'cloud-init', false],
  ['[   21.512310] rc.local[701]: Starting web', 'journal', false],
  ['Nov 27 03:18:09 ip-10-0-0-12 bootstrap[701]: Starting web', 'syslog', false],
  ['[   21.512310] systemd[1]: Starting web', 'journal', true],
  ['[   24.2] Starting web', 'journal', true],
  ['[  OK  ] Starting web', undefined, true],
] as const)('who brought %s', (line, by, isSystem) => {
  expect(unprefixed(line)).toMatchObject({ text: 'Starting web', by, isSystem });
});

test("a failed user script's cause is picked from the lines that cloud-init brought", () => {
  const by = (line: string) => `[   24.123456] cloud-init[1120]: ${line}`;
  const found = verdictOf(
    factsOf(
      [
        text([
          by('installing'),
          by("cp: cannot stat 'nope.conf': No such file or directory"),
          '[   24.2] audit: error: backlog limit exceeded',
          '[  OK  ] Started Daily man-db regeneration.',
          by('2026-11-21 22:00:00,123 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user'),
        ]),
      ],
      READING,
    ),
  );
  expect(found).toMatchObject({
    failure: { step: 'cloud-init', error: "cp: cannot stat 'nope.conf': No such file or directory" },
  });
});

describe('behind an unknown prefix', () => {
  const reasonOf = (line: string) => {
    const verdict = silent(factsOf([text([line])], reading), unreadText(), reading, {
      described: true,
      running: true,
      impaired: false,
      postedOnly: false,
      waitedMs: 1,
      now: 1,
      unproved: [],
    });
    return verdict.outcome === 'silent' ? verdict.reason : '';
  };

  test.each([
    ['success', 'web-1 | Finished bootstrapping web'],
    ['success', '[boot] Finished bootstrapping web'],
    ['success', '12:00:01 boot -> Finished bootstrapping web'],
    ['failure', 'bootstrap(2.1): ERROR Bootstrapping failed'],
  ])('the %s pattern decides nothing, and silent tells of it: %s', (pattern, line) => {
    expect(verdictOf(factsOf([text([line])], reading)).outcome).toBe('silent');
    expect(reasonOf(line)).toContain(
      `the ${pattern} pattern would fit behind what stands before it in the line: ${line}; leave out its ^`,
    );
  });

  test('nothing is told of other lines', () => {
    expect(reasonOf('web-1 | Started bootstrapping web')).not.toContain('would fit');
  });
});

test.each([
  ['[   12.345678] EXT4-fs (nvme0n1p1): mounted filesystem', 'EXT4-fs (nvme0n1p1): mounted filesystem', true],
  ['[   12.345678] systemd[1]: Started foo.service.', 'Started foo.service.', true],
  ['[  OK  ] Started foo.service.', 'Started foo.service.', true],
  ['error: no disk', 'error: no disk', false],
  ['[boot] step 1', '[boot] step 1', false],
  // Somebody else's words within a line of a known program don't become a line.
  ['[   12.3] sshd[8]: Invalid user [   1.1] x[1]: Done', 'Invalid user [   1.1] x[1]: Done', false],
])('%s', (line, own, isSystem) => {
  expect(unprefixed(line)).toMatchObject({ text: own, isSystem });
});
