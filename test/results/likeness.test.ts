import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { likenessOf } from '../../src/results/likeness.ts';
import { holds } from '../support/property.ts';

describe('lines that differ only by', () => {
  test.each([
    ['addresses', 'connect to 10.0.0.7:5672 refused', 'connect to 10.0.12.254:5672 refused'],
    ['IPv6 addresses', 'no route to fe80::1ff:fe23:4567:890a', 'no route to 2001:db8::1'],
    ['host names of EC2', 'ip-10-0-0-7 is unknown', 'ip-172-31-255-1 is unknown'],
    ['instance ids', 'i-0abc0000000000001 has no profile', 'i-0abc000000000000f has no profile'],
    ['volume ids', 'vol-0123456789abcdef0: busy', 'vol-0123456789abcdef1: busy'],
    ['UUIDs', 'request 6f1c9b2e-1111-4222-8333-944455556666', 'request 00000000-aaaa-4bbb-8ccc-dddddddddddd'],
    ['times', '2026-11-25T20:47:15Z cannot start', '2026-11-25 21:00:00,123 cannot start'],
    ['times of syslog', 'Nov 25 20:47:15 box sshd: failed', 'Nov  5 01:02:03 box sshd: failed'],
    [
      'times of the kernel',
      '[   12.345678] cloud-init[812]: failed',
      '[  112.300000] cloud-init[1120]: failed',
    ],
    ['digests', 'sha256 9b1f0c3a7d is wrong', 'sha256 00aa11bb22 is wrong'],
    ['addresses of memory', 'segfault at 0x7ffc0a', 'segfault at 0x55d1'],
    ['temporary files', 'cannot open /tmp/tmp.aB3dE6gH9x/list', 'cannot open /tmp/tmp.ZZZZZZZZZZ/list'],
    ['paths with random names', 'no /srv/x7Kq9PzLm3Rt/app', 'no /srv/Ab3Cd5Ef7Gh9/app'],
    ['counts and sizes', '3 of 17 failed, 12.5 MB free', '4 of 17 failed, 900 kB free'],
    ['spans as we write them', 'timed out, for 44 s', 'timed out, for 4 min 40 s'],
    ['longer spans', 'timed out, for 5 min', 'timed out, for 1 h 05 min'],
    ['durations', 'gave up after 30 s', 'gave up after 31.5 s'],
    ['times of date', 'Fri Nov 27 18:55:47 UTC 2026: no', 'Mon Nov 30 01:02:03 UTC 2026: no'],
    ['request ids', 'AccessDenied, RequestId: 4442587FB7D0A2F9', 'AccessDenied, RequestId: 8F42587FB7D0A2A0'],
    ['ids of S3 hosts', 'x-amz-id-2: aB+c/d0123==', 'x-amz-id-2: Zz/9+a0123=='],
    ['numbers of disks', 'mkfs: /dev/nvme1n1p1 is busy', 'mkfs: /dev/nvme2n1p1 is busy'],
    ['loop devices', '/dev/loop0: no room', '/dev/loop12: no room'],
    ['ports of clients', '10.0.0.7:43512->10.0.0.9:5432 reset', '10.0.0.8:51002->10.0.0.9:5432 reset'],
    ['process ids', 'x.sh: line 4:   812 Killed', 'x.sh: line 4: 12045 Killed'],
    ['files of mktemp with a name', 'no /tmp/app.Ab3dE9', 'no /tmp/app.Zk2Qw0'],
    ['space and colour', '\u001b[31mE:  no package\u001b[0m', 'E: no package'],
  ])('%s are alike', (_, one, other) => {
    expect(likenessOf(one)).toBe(likenessOf(other));
  });
});

describe('lines that tell of different troubles stay apart:', () => {
  test.each([
    ['names', 'E: Unable to locate package rabbitmq-server', 'E: Unable to locate package memcached'],
    ['statuses of HTTP', 'The requested URL returned error: 403', 'The requested URL returned error: 404'],
    ['statuses in an answer', 'HTTP/1.1 403 Forbidden', 'HTTP/1.1 503 Forbidden'],
    ['exit statuses', 'the script ended with status 1', 'the script ended with status 127'],
    ['exit codes', 'exit code 2', 'exit code 139'],
    ['errno', 'errno=13', 'errno=2'],
    ['versions in names', 'python3: not found', 'python2: not found'],
    ['words of hex letters', 'the deadbeef', 'the facade'],
    ['names of classes', 'Base64DecodeError', 'Utf8DecodeErrors'],
    ['what an id is of', 'vol-0123456789abcdef0 is gone', 'eni-0123456789abcdef0 is gone'],
    ['ports of addresses', '10.0.0.7:5672 refused', '10.0.0.7:5432 refused'],
    ['ports of names', 'db:5672 refused', 'db:5432 refused'],
    ['ports in words', 'localhost port 5672 refused', 'localhost port 5432 refused'],
    ['packages', 'no package postgresql-15', 'no package postgresql-16'],
    ['versions of packages', "Version '1.2' for 'foo' not found", "Version '1.3' for 'foo' not found"],
    ['versions in three parts', 'foo 1.2.3 is broken', 'foo 1.2.4 is broken'],
    ['pinned versions', 'no foo==1.2', 'no foo==1.3'],
    ['codes', '[MY-010119] Aborting', '[MY-010457] Aborting'],
    ['disks by letter', '/dev/xvdf: no such device', '/dev/xvdg: no such device'],
    ['programs that begin with a digit', '7zip: not found', '7za: not found'],
  ])('%s', (_, one, other) => {
    expect(likenessOf(one)).not.toBe(likenessOf(other));
  });
});

test('any number, address or id in the same words gives the same', () => {
  const hex = (length: number) =>
    fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length });
  const id = hex(16).map((digits) => `i-0${digits.join('')}`);
  holds(
    fc.property(fc.nat(), fc.ipV4(), id, (number, address, machine) => {
      expect(likenessOf(`${machine}: ${address} gave ${number} bytes`)).toBe('i-<id>: <ip> gave <n> bytes');
    }),
  );
});

test('long lines of any kind are compared in linear time by their beginning', () => {
  for (const unit of ['1.', 'a1', 'A1b', ':', '1:', '0a:', '-0a', ' status ', '1,'])
    expect(likenessOf(unit.repeat(500_000)).length).toBeLessThanOrEqual(2_000);
});
