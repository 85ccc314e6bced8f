import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KEY, opensslSeals, sha256 } from '../bundle/support.ts';
import type { Member } from '../support/archives.ts';
import { events, LAUNCH } from './box.ts';
import { answer, cutOff } from './metadata-server.ts';
import { module, packed, StartUpBox, sealed, told } from './start-up.ts';

let box: StartUpBox;
beforeEach(() => {
  box = new StartUpBox();
});
afterEach(() => box.remove());

const GOOD = [module('one', 'true')];
/** Short waits between the tries. */
const QUICK = ':';
const base = () => join(box.path, 'var/lib/rolecall', LAUNCH);
/** The steps that began. */
const begun = (stdout: string) => events(stdout).flatMap((event) => /^start (.*)/.exec(event)?.[1] ?? []);
const s3Error = (status: number, code: string, message: string) =>
  answer(status, `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`);

describe('bundle.fetch', () => {
  test.each([
    [
      403,
      s3Error(403, 'AccessDenied', 'Request has expired'),
      1,
      /is refused \(it or its credentials have expired\): the answer is 403<Code>AccessDenied <Message>Request has expired/,
    ],
    [
      404,
      s3Error(404, 'NoSuchKey', 'The specified key does not exist.'),
      1,
      /isn't there any more: the answer is 404<Code>NoSuchKey/,
    ],
    [
      400,
      s3Error(400, 'ExpiredToken', 'The provided token has expired.'),
      1,
      /can't be fetched: the answer is 400<Code>ExpiredToken/,
    ],
    [
      503,
      s3Error(503, 'SlowDown', 'Please reduce your request rate.'),
      3,
      /can't be fetched: the answer is 503<Code>SlowDown/,
    ],
    [500, answer(500, randomBytes(300)), 3, /can't be fetched: the answer is 500/],
    [206, answer(206, 'a part'), 3, /can't be fetched: the answer is 206/],
  ])('an answer of %i', async (_status, answers, asked, expected) => {
    const outcome = await box.start({ bundle: await sealed(GOOD), answers: [answers], before: QUICK });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 1\): the start-up bundle/);
    expect(told(outcome)).toMatch(expected);
    expect([outcome.status, box.asked, begun(outcome.stdout), readdirSync(base())]).toEqual([
      1,
      asked,
      ['metadata', 'bundle.fetch'],
      [],
    ]);
  });

  test.each([
    ['never comes', () => undefined, /curl: \(28\)/],
    ['is refused at every try', answer(503), /the answer is 503$/],
  ])('an answer that %s, until the time is up', async (_how, answers, expected) => {
    const outcome = await box.start({ bundle: await sealed(GOOD), answers: [answers], timeoutMs: 8_000 });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 124\): timed out \(the launch waits 8 s\): /);
    expect(told(outcome)).toMatch(expected);
    expect(outcome.status).toBe(124);
  });

  test('half a file, always', async () => {
    const outcome = await box.start({ bundle: await sealed(GOOD), answers: [cutOff], before: QUICK });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 1\): .*can't be fetched: curl: \(18\)/);
    expect(box.asked).toBe(3);
  });

  test('half a file, an error, then the whole one', async () => {
    const bundle = await sealed(GOOD);
    const outcome = await box.start({
      bundle,
      answers: [cutOff, answer(503), answer(200, bundle)],
      before: QUICK,
    });
    expect([told(outcome), box.asked]).toEqual(['ok module.one', 3]);
  });

  test('nobody listens', async () => {
    const outcome = await box.start({
      bundle: await sealed(GOOD),
      pinned: { url: 'http://127.0.0.1:1/b' },
      before: QUICK,
    });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 1\): .*can't be fetched: curl: \(7\)/);
  });

  test('a server that takes the request, and sends nothing more', async () => {
    const silent = (_request: unknown, response: ServerResponse) => void response.writeHead(200).write('x');
    // The same option with a shorter time.
    const before = `curl() { command curl "\${@/#30/1}"; }`;
    const outcome = await box.start({ bundle: await sealed(GOOD), answers: [silent], before });
    expect(told(outcome)).toMatch(
      /^bundle\.fetch \(status 1\): .*can't be fetched: curl: \(28\) Operation too slow/,
    );
    expect(box.asked).toBe(3);
  });

  test('stopped by SIGTERM while a server keeps it waiting, it ends at once, and says so', async () => {
    let pid = 0;
    const outcome = await box.start({
      bundle: await sealed(GOOD),
      answers: [() => process.kill(pid, 'SIGTERM')],
      // Far longer than this test may take.
      before: `curl() { exec curl "\${@/#30/900}"; }`,
      onStart: (started) => {
        pid = started;
      },
    });
    expect([outcome.status, told(outcome), box.asked]).toEqual([
      143,
      'bundle.fetch (status 143): stopped by SIGTERM',
      1,
    ]);
    expect(readdirSync(base())).toEqual([]);
  });

  test('a redirection is not followed', async () => {
    const elsewhere = (_request: unknown, response: ServerResponse) =>
      void response.writeHead(307, { location: '/elsewhere' }).end();
    const bundle = await sealed(GOOD);
    const outcome = await box.start({ bundle, answers: [elsewhere], before: QUICK });
    expect(told(outcome)).toMatch(/can't be fetched: the answer is 307$/);
  });
});

describe('bundle.verify ends the start before anything is decrypted, where the bundle', () => {
  const flipped = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(40) ^ 4, 40);
    return copy;
  };
  test.each<[string, (bytes: Buffer) => Buffer | Promise<Buffer>]>([
    ['has one bit flipped', flipped],
    ['is cut off by a block', (bytes) => bytes.subarray(0, bytes.length - 16)],
    ['is empty', () => Buffer.alloc(0)],
    ['has a byte more', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
    ['is another launch’s, sound and under the same key', () => sealed([module('other', 'true')])],
  ])('%s', async (_what, change) => {
    const bundle = await sealed(GOOD);
    const found = await change(bundle);
    // Whoever decrypts tells.
    const spy = 'openssl() { touch "$ROOT/decrypted"; command openssl "$@"; }';
    const outcome = await box.start({ bundle, answers: [answer(200, found)], before: spy });
    expect(told(outcome)).toBe(
      `bundle.verify (status 1): this is not this launch's start-up bundle: its SHA-256 begins ${sha256(found).slice(0, 12)}, and ${sha256(bundle).slice(0, 12)} was expected`,
    );
    expect([outcome.status, begun(outcome.stdout)]).toEqual([
      1,
      ['metadata', 'bundle.fetch', 'bundle.verify'],
    ]);
    expect([box.has('decrypted'), readdirSync(base())]).toEqual([false, []]);
  });
});

describe('bundle.decrypt', () => {
  test('with another key fails there, or where its rubbish can not be read', async () => {
    const bundle = await sealed(GOOD, 'f'.repeat(64));
    const outcome = await box.start({ bundle });
    expect(told(outcome)).toMatch(
      /^bundle\.(decrypt \(status 1\): the start-up bundle can't be decrypted: a wrong key, or an openssl older than 1\.1\.1 \(OpenSSL |unpack \(status 2\): the start-up bundle can't be unpacked)/,
    );
    expect([outcome.status, existsSync(join(base(), 'start-up-bundle'))]).toEqual([1, false]);
    expect(outcome.stdout).not.toContain(KEY);
  });

  test('by an openssl that is too old', async () => {
    // As 1.1.0 answers: enc knew no -pbkdf2, and its users see the list of its options.
    const old = `#!/bin/bash\n[[ $1 != version ]] || { echo 'OpenSSL 1.1.0l  10 Sep 2019'; exit; }\necho 'enc: Option unknown option -pbkdf2' >&2; exit 1\n`;
    box.write('old', old, 0o755);
    const outcome = await box.start({
      bundle: await sealed(GOOD),
      mounts: 'mount --bind "$1/old" /usr/bin/openssl',
    });
    expect(told(outcome)).toBe(
      "bundle.decrypt (status 1): the start-up bundle can't be decrypted: a wrong key, or an openssl older than 1.1.1 (OpenSSL 1.1.0l  10 Sep 2019): enc: Option unknown option -pbkdf2",
    );
  });
});

describe('bundle.unpack', () => {
  const hostile: [string, Member, RegExp][] = [
    [
      'a path that leads out',
      { name: 'start-up-bundle/../../escaped', text: 'x' },
      /can't be unpacked: .*start-up-bundle\/\.\.\/\.\.\/escaped: Member name contains '\.\.'/,
    ],
    ['an absolute path', { name: '/tmp/rolecall-escaped', text: 'x' }, /holds what no bundle may/],
    [
      'a file beside the folder',
      { name: 'start-up-bundle-2/x', text: 'x' },
      /holds what no bundle may: start-up-bundle-2/,
    ],
    ...(['file', 'symlink'] as const).map((type): [string, Member, RegExp] => [
      `a ${type} whose path hides behind an arrow`,
      { name: 'start-up-bundle/a -> /../../escaped', type, linkname: 'x', text: '' },
      /holds what no bundle may|can't be unpacked/,
    ]),
    [
      'a name with a newline',
      {
        name: 'start-up-bundle/a\n-rw-r--r-- 0/0 1 2000-01-01 00:00:00 start-up-bundle/../../x/..',
        text: 'x',
      },
      /can't be unpacked: .*Member name contains '\.\.'/,
    ],
    [
      'a device',
      { name: 'start-up-bundle/null', type: 'character-device', devmajor: 1, devminor: 3 },
      /holds what no bundle may: start-up-bundle\/null/,
    ],
    ['a FIFO', { name: 'start-up-bundle/fifo', type: 'fifo' }, /holds what no bundle may/],
    [
      'a hard link',
      { name: 'start-up-bundle/hard', type: 'link', linkname: '/etc/shadow' },
      /can't be unpacked: .*Cannot hard link/,
    ],
    [
      'a hard link to another of its files',
      { name: 'start-up-bundle/hard', type: 'link', linkname: 'start-up-bundle/one/start-up.sh' },
      /holds what no bundle may: start-up-bundle\//,
    ],
    [
      'a link to an absolute path',
      { name: 'start-up-bundle/link', type: 'symlink', linkname: '/etc' },
      /holds a link that leaves it: link/,
    ],
    [
      'a link that leads out',
      { name: 'start-up-bundle/one/link', type: 'symlink', linkname: '../../../x' },
      /holds a link that leaves it: one\/link/,
    ],
    [
      'a link to what is beside it',
      { name: 'start-up-bundle/link', type: 'symlink', linkname: '../start-up-bundle-2' },
      /holds a link that leaves it/,
    ],
  ];
  test.each(hostile)('%s is refused, and nothing of the bundle stays', async (_what, member, expected) => {
    const outcome = await box.start({ bundle: await sealed([...GOOD, member]) });
    expect(told(outcome)).toMatch(/^bundle\.unpack \(status 1\): the start-up bundle /);
    expect(told(outcome)).toMatch(expected);
    expect([outcome.status, readdirSync(base()), existsSync('/tmp/rolecall-escaped')]).toEqual([
      1,
      [],
      false,
    ]);
  });

  test('a file that is written through a link stays inside', async () => {
    const bundle = await sealed([
      { name: 'start-up-bundle/out', type: 'symlink', linkname: '../../../../outside' },
      { name: 'start-up-bundle/out/file', text: 'x' },
      ...GOOD,
    ]);
    box.write('outside/.keep', '');
    const outcome = await box.start({ bundle });
    expect(told(outcome)).toMatch(/^bundle\.unpack \(status 1\)/);
    expect(readdirSync(join(box.path, 'outside'))).toEqual(['.keep']);
  });

  test('a link that stays inside is fine, and so are spaces and arrows in names', async () => {
    const bundle = await sealed([
      module('one', 'cat "a b -> c" link'),
      { name: 'start-up-bundle/one/a b -> c', text: 'first\n' },
      { name: 'start-up-bundle/files/x', text: 'second\n' },
      { name: 'start-up-bundle/one/link', type: 'symlink', linkname: '../files/x' },
    ]);
    const outcome = await box.start({ bundle });
    expect(told(outcome)).toBe('ok module.one');
    expect(box.read('var/log/rolecall/module.one.log')).toBe('first\nsecond\n');
    expect(outcome.stdout).toContain('Unpacked: 4 files\n');
  });

  test('what is no tar can not be read', async () => {
    const bundle = opensslSeals(randomBytes(5000), KEY);
    expect(told(await box.start({ bundle }))).toMatch(
      /^bundle\.unpack \(status 1\): the start-up bundle can't be unpacked: .*not in gzip format/,
    );
  });

  test('zstd, where the AMI has it', async () => {
    const bundle = opensslSeals(execFileSync('zstd', ['-c'], { input: await packed(GOOD) }), KEY);
    expect(told(await box.start({ bundle, pinned: { compression: 'zstd' } }))).toBe('ok module.one');
  });

  test('what an earlier run of this launch left is replaced', async () => {
    box.write(`var/lib/rolecall/${LAUNCH}/start-up-bundle/old/start-up.sh`, 'exit 9');
    const outcome = await box.start({ bundle: await sealed(GOOD) });
    expect([told(outcome), readdirSync(join(base(), 'start-up-bundle'))]).toEqual([
      'ok module.one',
      ['.lib', 'one'],
    ]);
  });
});

describe('a full disk is told of, at', () => {
  const full = (kilobytes: number) =>
    `mkdir -p "$1/var/lib/rolecall"; mount -t tmpfs -o size=${kilobytes}k tmpfs "$1/var/lib/rolecall"`;
  const random = { name: 'start-up-bundle/one/random', text: randomBytes(300_000).toString('latin1') };
  const zeros = { name: 'start-up-bundle/one/zeros', text: '0'.repeat(3_000_000) };
  test.each([
    ['bundle.fetch', random, 100, /no room on the disk for the start-up bundle: curl/],
    ['bundle.decrypt', random, 600, /no room on the disk for the start-up bundle/],
    ['bundle.unpack', zeros, 1000, /no room on the disk for the start-up bundle/],
  ])('%s', async (step, member, kilobytes, expected) => {
    const outcome = await box.start({
      bundle: await sealed([...GOOD, member]),
      mounts: full(kilobytes),
      before: QUICK,
    });
    expect(told(outcome)).toMatch(new RegExp(`^${step.replace('.', '\\.')} \\(status 1\\): `));
    expect(told(outcome)).toMatch(expected);
    expect(events(outcome.stdout).at(-1)).toBe(`verdict failed ${step} 1 MS`);
  });
});
