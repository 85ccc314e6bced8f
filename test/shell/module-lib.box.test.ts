import { chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from './bash.ts';
import { BoxRoot } from './box.ts';
import { library, list, module, StartUpBox, sealed } from './start-up.ts';

let box: BoxRoot;
beforeEach(() => {
  box = new BoxRoot();
  box.write('etc/os-release', 'NAME="Debian GNU/Linux"\nID=debian\n');
});
afterEach(() => box.remove());

/** A module's script, with the library; $1 is the box's root. `mounts`: commands before it, in a mount namespace. */
const script = (
  text: string,
  { env = {}, mounts = ':' }: { env?: Record<string, string>; mounts?: string } = {},
) =>
  run(
    'unshare',
    [
      '--mount',
      'bash',
      '-c',
      `${mounts}\nset -euo pipefail; source templates/module-lib.sh; PACKAGE_WAITS=(0 0); ${text}`,
      'start-up.sh',
      box.path,
    ],
    { env: { ROLECALL_ROOT: box.path, ...env } },
  );
/** What it ended with, and what it said. */
const said = async (...given: Parameters<typeof script>) => {
  const { status, stdout, stderr } = await script(...given);
  return `${status}: ${stdout}${stderr}`.trim();
};

test('a bundle has it, and a module finds it as $ROLECALL_LIB', async () => {
  const machine = new StartUpBox();
  try {
    const bundle = await sealed([
      library,
      list('one 60\n'),
      module('one', 'source "$ROLECALL_LIB"; say hello; fail "no word"'),
    ]);
    const outcome = await machine.start({ bundle });
    expect(outcome.stdout).toContain('rolecall[module.one]: hello\n');
    expect(outcome.stdout).toContain('rolecall[module.one]| ERROR: no word\n');
  } finally {
    machine.remove();
  }
});

describe('values', () => {
  test.each([
    ['whole n 1 10', { n: '10' }, '0:'],
    ['whole n 1 10', { n: '0' }, "1: ERROR: n must be a whole number from 1 to 10, and is '0'"],
    ['whole n 1 10', { n: '010' }, "1: ERROR: n must be a whole number from 1 to 10, and is '010'"],
    [
      'whole n 1 10',
      { n: 'a[$(touch "$1/x")]' },
      `1: ERROR: n must be a whole number from 1 to 10, and is 'a[$(touch "$1/x")]'`,
    ],
    ['whole n 1 10', {}, "1: ERROR: n must be a whole number from 1 to 10, and is ''"],
    ['flag f && echo yes', { f: 'true' }, '0: yes'],
    ['if flag f; then echo yes; else echo no; fi', { f: 'false' }, '0: no'],
    [
      'if flag f; then echo yes; else echo no; fi',
      { f: 'TRUE' },
      "1: ERROR: f must be true or false, and is 'TRUE'",
    ],
    ['matches m "a|b" "a letter"', { m: 'b' }, '0:'],
    ['matches m "a|b" "a letter"', { m: 'ab' }, "1: ERROR: m must be a letter, and is 'ab'"],
    ['matches m "a+" "a letter"', { m: 'a\nb' }, "1: ERROR: m must be a letter, and is 'a\nb'"],
    ['address a; echo "$REPLY"', { a: '0.0.0.0' }, '0: 127.0.0.1'],
    ['address a; echo "$REPLY"', { a: '10.0.0.0' }, '0: 10.0.0.0'],
    ['address a; echo "$REPLY"', { a: '255.199.9.1' }, '0: 255.199.9.1'],
    [
      'address a',
      { a: '10.0.0.256' },
      "1: ERROR: a must be an IPv4 address such as 127.0.0.1, and is '10.0.0.256'",
    ],
    ['address a', { a: '::1' }, "1: ERROR: a must be an IPv4 address such as 127.0.0.1, and is '::1'"],
  ] as [string, Record<string, string>, string][])('%s with %j', async (text, env, expected) => {
    expect(await said(text, { env })).toBe(expected);
    expect(box.has('x')).toBe(false);
  });

  test.each([
    ['ID=debian\n', 'debian', 0],
    ['ID=ubuntu\nID_LIKE=debian\n', 'debian', 0],
    ['ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n', 'amzn', 0],
    ['ID=rocky\nID_LIKE="rhel centos fedora"\n', 'centos', 0],
    ['ID=arch\n', 'debian', 1],
    ['VERSION_ID=debian\n', 'debian', 1],
  ])('%j is %s: %i', async (release, name, expected) => {
    box.write('etc/os-release', release);
    expect((await script(`platform x ${name}`)).status).toBe(expected);
  });
});

test('wait_for ends with success, or with its time', async () => {
  expect(await said('tries=0; third() { ((++tries == 3)); }; wait_for 9 third; echo $tries')).toBe('0: 3');
  expect(await said('wait_for 0 false || echo over')).toBe('0: over');
});

describe('packages', () => {
  // Real apt is proved by test:modules. These stand for a mirror that answers as told.
  const answers = (...lines: string[]) =>
    `apt_has() { [[ $1 == here ]]; }; try=0; apt_install() { local said=(${lines.map((line) => `'${line}'`).join(' ')}); echo "apt $*"; echo "\${said[try++]}"; [[ \${said[try - 1]} == done ]]; };`;
  const install = (...lines: string[]) =>
    said(`${answers(...lines)} install_packages --apt 'here gone' --dnf other; echo "tries $try"`);

  test('only what is missing is installed, and success is quiet', async () => {
    expect(await install('done')).toBe('0: rolecall: installing gone\ntries 1');
  });
  test('nothing missing, nothing asked', async () => {
    expect(
      await said(
        `${answers()} install_packages --apt here --dnf other; install_packages --apt '' --dnf ''; echo "tries $try"`,
      ),
    ).toBe('0: tries 0');
  });
  test('a mirror that stumbles is asked again', async () => {
    expect(
      await install('E: Failed to fetch http://mirror/x', 'E: Could not get lock /var/lib/dpkg/lock', 'done'),
    ).toBe('0: rolecall: installing gone\ntries 3');
  });
  test('the third failure is final, and named', async () => {
    expect(await install('Err:1 x', 'Err:1 x', 'E: Failed to fetch http://mirror/x 503')).toBe(
      "1: rolecall: installing gone\napt gone\nE: Failed to fetch http://mirror/x 503\nERROR: apt can't install gone (E: Failed to fetch http://mirror/x 503): does the machine reach the package mirrors, and has this release the package? Or install it on the AMI",
    );
  });
  test('a package that is nowhere is not asked for again', async () => {
    expect(await install('E: Unable to locate package gone', 'done')).toMatch(
      /^1: [\s\S]*ERROR: apt can't install gone \(E: Unable to locate package gone\)/,
    );
  });
  test('a system without apt and dnf', async () => {
    box.write('etc/os-release', 'ID=alpine\n');
    expect(await said('install_packages --apt a --dnf b')).toMatch(
      /^1: ERROR: packages are installed by apt or dnf, and this system has neither/,
    );
  });
  test('on Amazon Linux rpm and dnf are called like this; what they do there is not tested', async () => {
    box.write('etc/os-release', 'ID="amzn"\nID_LIKE="fedora"\n');
    box.write('bin/rpm', '#!/bin/bash\necho "rpm $*" >>"$0.log"; [[ $4 == here ]]\n', 0o755);
    box.write('bin/dnf', '#!/bin/bash\necho "dnf $*" >>"$0.log"\n', 0o755);
    expect(await said(`PATH=$1/bin:$PATH; install_packages --apt a --dnf 'here perl(JSON::XS)'`)).toBe(
      '0: rolecall: installing perl(JSON::XS)',
    );
    expect([box.read('bin/rpm.log'), box.read('bin/dnf.log')]).toEqual([
      'rpm --query --quiet --whatprovides here\nrpm --query --quiet --whatprovides perl(JSON::XS)\n',
      'dnf --assumeyes --quiet --setopt=install_weak_deps=False install perl(JSON::XS)\n',
    ]);
  });
});

describe('write_file', () => {
  const write = (text: string, more = '') =>
    said(`write_file "$1/new/folder/file" 640 ${more} <<<'${text}'; echo "\${CHANGED:-same}"`);

  test('makes the file with its folder, and says when it changes', async () => {
    expect(await write('one')).toBe('0: yes');
    expect(await write('one')).toBe('0: same');
    expect(await write('two')).toBe('0: yes');
    expect([box.read('new/folder/file'), statSync(join(box.path, 'new/folder/file')).mode & 0o777]).toEqual([
      'two\n',
      0o640,
    ]);
    expect(readdirSync(join(box.path, 'new/folder'))).toEqual(['file']);
  });
  test('another mode or owner is a change', async () => {
    await write('one');
    chownSync(join(box.path, 'new/folder/file'), 65_534, 0);
    expect(await write('one')).toBe('0: yes');
    expect(await write('one', 'nobody:')).toBe('0: yes');
    expect(await write('one', 'nobody:')).toBe('0: same');
  });
  test('replaces a link, and not what it leads to', async () => {
    box.write('target', 'stays');
    expect(await said('ln -s target "$1/link"; write_file "$1/link" 644 <<<new; [[ ! -L $1/link ]]')).toBe(
      '0:',
    );
    expect([box.read('target'), box.read('link')]).toEqual(['stays', 'new\n']);
  });
});

describe('start_service', () => {
  const init = (text: string) => {
    box.write('init/thing', `#!/bin/sh\n${text}\n`, 0o755);
    return 'mount --bind "$1/init" /etc/init.d';
  };
  test('by its init script, where no systemd runs; restarted where files were changed', async () => {
    const mounts = init('echo "script $1"');
    expect(await said('start_service thing false', { mounts })).toBe('0: script start');
    expect(await said('CHANGED=yes; start_service thing false', { mounts })).toBe('0: script restart');
  });
  test('else by the command', async () => {
    expect(await said('start_service thing echo by hand', { mounts: init('exit 1') })).toBe('0: by hand');
    expect(await said('start_service other echo by hand', { mounts: init('exit 0') })).toBe('0: by hand');
    expect(await said('start_service thing false', { mounts: init('exit 1') })).toBe(
      "1: ERROR: thing can't be started: neither by its init script nor by false",
    );
  });
  test('by systemd, where that runs, for every boot; and never by anything else', async () => {
    box.write('bin/systemctl', '#!/bin/bash\necho "systemctl $*"; [[ $* != *bad* ]]\n', 0o755);
    box.write('bin/journalctl', '#!/bin/bash\necho "journalctl $*"\n', 0o755);
    const mounts = 'mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system; PATH=$1/bin:$PATH';
    expect(await said('CHANGED=yes; start_service thing false', { mounts })).toBe(
      '0: systemctl daemon-reload\nsystemctl enable --quiet thing\nsystemctl restart thing',
    );
    expect(await said('start_service bad true', { mounts })).toBe(
      "1: systemctl daemon-reload\nsystemctl enable --quiet bad\njournalctl --unit=bad --lines=20 --no-pager\nERROR: systemctl start bad failed: the lines above are its journal's",
    );
  });
});

test('stop ends the process that a pidfile names, and nobody else who has its number', async () => {
  // Until the process is sleep it is a copy of this shell, whose command line has all the words below.
  const sleeping =
    'sleep 300 & until [[ $(tr "\\0" . <"/proc/$!/cmdline") == sleep.300. ]]; do :; done; echo $! >"$1/pid"';
  expect(await said(`${sleeping}; stop "$1/pid" sleep; gone $! && echo ended`)).toBe('0: ended');
  expect(await said(`${sleeping}; stop "$1/pid" memcached; gone $! || echo lives; kill $!`)).toBe('0: lives');
  box.write('rubbish', '-1\n');
  expect(await said('stop "$1/rubbish" sleep; stop "$1/missing" sleep; echo fine')).toBe('0: fine');
});

test('listening and talk: by TCP, with what the other side answers', async () => {
  mkdirSync(join(box.path, 'x'));
  const server = createServer((socket) => socket.once('data', (data) => socket.end(`got ${data}`))).listen(
    0,
    '127.0.0.1',
  );
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await said(`listening 127.0.0.1 ${port}; echo word | talk 127.0.0.1 ${port} 5`)).toBe('0: got word');
  await new Promise((resolve) => server.close(resolve));
  expect(
    await said(
      `listening 127.0.0.1 ${port} || echo nobody; echo word | talk 127.0.0.1 ${port} 5 || echo nobody`,
    ),
  ).toBe('0: nobody\nnobody');
});
