import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KEY } from '../bundle/support.ts';
import { run, written } from './bash.ts';
import { events, LAUNCH, marks, NONCE, VERSION } from './box.ts';
import { list, module, SIGNATURE, StartUpBox, sealed, told } from './start-up.ts';

let box: StartUpBox;
beforeEach(() => {
  box = new StartUpBox();
});
afterEach(() => box.remove());

const STEPS = [
  'metadata',
  'bundle.fetch',
  'bundle.verify',
  'bundle.decrypt',
  'bundle.unpack',
  'module.one',
  'module.two',
];
const GOOD_EVENTS = [
  `begin start-up-bundle ${VERSION}`,
  ...STEPS.flatMap((step) => [`start ${step}`, `end ${step} 0 MS`]),
  'verdict ok module.two 0 MS',
];
const two = () =>
  sealed([
    list('one 60\ntwo 60\n'),
    module('one', 'echo "rolecall: one of $role"; echo quiet'),
    module('two', 'true'),
  ]);

describe('a start that succeeds', () => {
  test('prints every marker, signed, and the lines of the scheme beside them', async () => {
    const { status, stdout, stderr } = await box.start({ bundle: await two() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(events(stdout)).toEqual(GOOD_EVENTS);
    expect(marks(stdout).every(({ signed, launch }) => signed === true && launch === LAUNCH)).toBe(true);
    expect(marks(stdout).filter(({ event }) => event.startsWith('verdict'))).toHaveLength(3);
    expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('<<rc2'))).toEqual([
      'Unpacked: 4 files',
      'Starting module one: via one/start-up.sh',
      'rolecall[module.one]: one of memcached',
      'Finished starting module one',
      'Starting module two: via two/start-up.sh',
      'Finished starting module two',
    ]);
    expect(box.read('var/log/rolecall/module.one.log')).toBe('rolecall: one of memcached\nquiet\n');
    expect(box.read('dev/console').trim()).toBe(stdout.trim());
  });

  test('leaves what was unpacked for root only, and nothing of the key', async () => {
    await box.start({ bundle: await two() });
    const base = join(box.path, 'var/lib/rolecall', LAUNCH);
    expect(statSync(base).mode & 0o777).toBe(0o700);
    expect(readdirSync(base)).toEqual(['start-up-bundle']);
  });

  test('without modules.list starts every module, in the order of the names', async () => {
    const bundle = await sealed([module('b', 'true'), module('a', 'true'), module('c', 'true')]);
    const { stdout } = await box.start({ bundle });
    expect(stdout.match(/(?<=^Starting module )\w(?=:)/gm)).toEqual(['a', 'b', 'c']);
  });

  test('a module gets its words, and no others: no key, no nonce, none of the caller’s', async () => {
    const bundle = await sealed([
      list('one\n'),
      module('one', 'env -0 | sort -z | tr "\\0" "\\n"; pwd; id -u; ls /proc/self/fd | grep -x [0-9]; cat'),
      { name: 'start-up-bundle/one/.variables', text: 'word=it\'s "1"\nand 2\0PATH=/no\0' },
    ]);
    const env = {
      rolecall_bundle_key: 'x',
      rolecall_nonce: 'x',
      CALLER: 'x',
      http_proxy: 'http://127.0.0.1:9',
      no_proxy: '127.0.0.1',
    };
    const { status } = await box.start({ bundle, env, personality: { team: 'a b' } });
    expect(status).toBe(0);
    const folder = join(box.path, 'var/lib/rolecall', LAUNCH, 'start-up-bundle');
    expect(
      box
        .read('var/log/rolecall/module.one.log')
        .trim()
        .split('\n')
        .filter((line) => !/^(SHLVL|_|OLDPWD)=/.test(line)),
    ).toEqual([
      'DEBIAN_FRONTEND=noninteractive',
      'HOME=/root',
      'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      `PWD=${folder}/one`,
      `ROLECALL_BUNDLE_DIR=${folder}`,
      `ROLECALL_LIB=${folder}/.lib/module-lib.sh`,
      'ROLECALL_MODULE=one',
      'context=b',
      'environment=prod',
      'http_proxy=http://127.0.0.1:9',
      'no_proxy=127.0.0.1',
      'role=memcached',
      `rolecall_launch=${LAUNCH}`,
      'team=a b',
      'word=it\'s "1"',
      'and 2',
      `${folder}/one`,
      '0',
      // stdin, stdout, stderr, and that of ls itself: none of the script's.
      ...['0', '1', '2', '3'],
    ]);
    expect(readdirSync(join(folder, 'one'))).toEqual(['start-up.sh']);
  });
});

describe('what is secret', () => {
  const SECRETS = [KEY, NONCE, SIGNATURE];

  test('stands in no argument list and no environment of any process that the script starts', async () => {
    // Each command tells of itself, and of whoever called it, before it does its work.
    const spy = [
      'for tool in curl openssl tar timeout gzip sha256sum tail find; do',
      '  real=$(command -v $tool); cp "$real" "$1/real-$tool"',
      '  printf \'#!/bin/bash\\ncat /proc/[0-9]*/cmdline /proc/$$/environ >>%q 2>/dev/null; echo "@%s" >>%q; exec %q "$@"\\n\' "$1/seen" $tool "$1/seen" "$1/real-$tool" >"$1/spy-$tool"',
      '  chmod 755 "$1/spy-$tool"; mount --bind "$1/spy-$tool" "$real"',
      'done',
    ].join('\n');
    const env = { rolecall_bundle_key: 'x', rolecall_nonce: 'x', rolecall_bundle_url: 'x' };
    expect(told(await box.start({ bundle: await two(), mounts: spy, env }))).toBe('ok module.two');
    const seen = readFileSync(join(box.path, 'seen'), 'latin1');
    for (const tool of ['curl', 'openssl', 'tar', 'find', 'sha256sum']) expect(seen).toContain(`@${tool}\n`);
    expect(SECRETS.filter((secret) => seen.includes(secret))).toEqual([]);
  });

  test.each([['-x'], ['-v'], ['-xv']])('shows in no trace (bash %s)', async (option) => {
    const { status, stdout, stderr } = await box.start({ bundle: await two(), bash: [option] });
    expect(status).toBe(0);
    const logs = readdirSync(join(box.path, 'var/log/rolecall')).map((name) =>
      box.read(`var/log/rolecall/${name}`),
    );
    const everything = [stdout, stderr, ...logs].join('\n');
    expect(SECRETS.filter((secret) => everything.includes(secret))).toEqual([]);
  });

  test('shows in no trace that the environment asks for', async () => {
    const bundle = await sealed([
      list('one\n'),
      module('one', 'true'),
      { name: 'start-up-bundle/one/.variables', text: 'password=hunter2\0' },
    ]);
    const { status, stdout, stderr } = await box.start({ bundle, env: { SHELLOPTS: 'xtrace' } });
    expect(status).toBe(0);
    const everything = stdout + stderr + box.read('var/log/rolecall/module.one.log');
    expect([...SECRETS, 'hunter2'].filter((secret) => everything.includes(secret))).toEqual([]);
    expect(box.read('var/log/rolecall/module.one.log')).toBe('');
  });

  test('is blacked out where a module prints it', async () => {
    const script = `echo "rolecall: ${KEY} ${NONCE}"; echo "fatal: ${KEY}" >&2; exit 5`;
    const outcome = await box.start({ bundle: await sealed([module('one', script)]) });
    expect(outcome.stdout).toContain('rolecall[module.one]| fatal: [key]\n');
    expect(outcome.stdout).toContain('rolecall[module.one]: [key] [nonce]\n');
    expect(SECRETS.filter((secret) => outcome.stdout.includes(secret))).toEqual([]);
  });
});

describe('the earliest failures', () => {
  test('before anything of the bundle is known, the EXIT trap reports', async () => {
    const outcome = await box.start({ bundle: await two(), before: 'find_consoles() { false; }' });
    expect(outcome.status).toBe(1);
    expect(told(outcome)).toMatch(/^metadata \(status 1\): the script broke off at its line \d+$/);
    expect(events(outcome.stdout)).toEqual(['verdict failed metadata 1 MS']);
    expect(marks(outcome.stdout).every(({ signed, launch }) => signed === 'none' && launch === '-')).toBe(
      true,
    );
  });

  test('an unset variable', async () => {
    const outcome = await box.start({ bundle: await two(), before: 'unset rolecall_bundle_compression' });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 1\): /);
    expect(events(outcome.stdout).at(-1)).toBe('verdict failed bundle.fetch 1 MS');
  });

  test('a bash that is too old says so', async () => {
    const outcome = await box.start({ bundle: await two(), before: 'main() { begin_run 4; }' });
    expect(outcome.status).toBe(1);
    expect(told(outcome)).toMatch(/^metadata \(status 1\): bash 5\S+ is too old, 5.0 is needed$/);
    expect(
      outcome.stdout.match(/^<<rc2 - [0-9a-f]{8} 1 \d+\.\d{3} verdict failed metadata 1 \d+ ->>$/gm),
    ).toHaveLength(3);
  });

  test.each([
    ...['curl', 'sleep'].map((tool) => [tool, 'metadata']),
    ...['openssl', 'tar', 'gzip', 'chmod', 'grep', 'mkdir', 'mktemp', 'rm', 'tr'].map((tool) => [
      tool,
      'bundle.fetch',
    ]),
    ...'base64 cut find head mkfifo readlink sed sort stat tail timeout wc'
      .split(' ')
      .map((tool) => [tool, 'bundle.unpack']),
  ] as [string, string][])('an AMI without %s', async (tool, step) => {
    const over = 'lowerdir=/usr/bin,upperdir="$1/over/upper",workdir="$1/over/work"';
    const mounts = `mkdir "$1/over"; mount -t tmpfs tmpfs "$1/over"; mkdir "$1/over/upper" "$1/over/work"
      mount -t overlay overlay -o ${over} /usr/bin; rm /usr/bin/${tool}; hash -r`;
    const outcome = await box.start({ bundle: await two(), mounts });
    expect(box.read('dev/console')).toContain(`missing on this AMI: ${tool}\n`);
    expect(told(outcome)).toBe(`${step} (status 1): missing on this AMI: ${tool}`);
    expect([outcome.status, events(outcome.stdout).at(-1), box.asked]).toEqual([
      1,
      `verdict failed ${step} 1 MS`,
      step === 'bundle.unpack' ? 1 : 0,
    ]);
  });

  test('no rights to write', async () => {
    box.write('var/lib', 'a file');
    const outcome = await box.start({ bundle: await two() });
    expect(told(outcome)).toMatch(/^bundle\.fetch \(status 1\): can't make the folder .*: is this root\?$/);
  });

  test('a stdout that nobody reads any more ends nothing', async () => {
    const quiet = `exec > >(exec true); wait $!`;
    const { status } = await box.start({ bundle: await two(), mounts: quiet });
    expect(status).toBe(0);
    expect(events(box.read('dev/console'))).toEqual(GOOD_EVENTS);
  });
});

test('sourced, it does nothing', async () => {
  const { status, stdout } = await run('bash', [
    '-c',
    'source "$1"; echo "$STEP"',
    'test',
    written('start-up.sh'),
  ]);
  expect([status, stdout]).toEqual([0, 'metadata\n']);
});
