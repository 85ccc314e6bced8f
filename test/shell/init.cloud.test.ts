import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withBootstrapper } from './bash.ts';
import { BoxRoot, events, GOOD_EVENTS, LAUNCH, NONCE, SIGNED } from './box.ts';
import { INSTANCE_ID, type MetadataServer, serveMetadata } from './metadata-server.ts';

let box: BoxRoot;
let metadata: MetadataServer;

const boot = async (userData: string | Buffer | undefined, options: Parameters<BoxRoot['boot']>[1] = {}) => {
  metadata = await serveMetadata(userData);
  return box.boot(metadata, options);
};

beforeEach(() => {
  box = new BoxRoot();
});

afterEach(async () => {
  await metadata?.close();
  box.remove();
});

describe('the init script', () => {
  test('gets the personality and a clean environment but for a proxy, its own folder, no stdin', async () => {
    box.init('b/prod/bootstrapper.sh', 'env; pwd; readlink /proc/self/fd/0; ls /proc/self/fd | tr "\\n" " "');
    const { status } = await boot(
      `${SIGNED}memcached_mb=64\nmirror_url=https://x.example/?a=1\nrolecall_other=b-1\n`,
      {
        env: { SECRET: 'from outside', https_proxy: 'http://127.0.0.1:9' },
      },
    );
    expect(status).toBe(0);
    const log = box.read('var/log/rolecall/init.log').split('\n');
    expect(log.filter((line) => line.includes('=') && !/^(_|PWD|SHLVL)=/.test(line)).sort()).toEqual(
      [
        'DEBIAN_FRONTEND=noninteractive',
        'HOME=/root',
        'LANG=C.UTF-8',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        `ROLECALL_INSTANCE_ID=${INSTANCE_ID}`,
        'context=b',
        'environment=prod',
        'https_proxy=http://127.0.0.1:9',
        `machine_id=${INSTANCE_ID}`,
        'memcached_mb=64',
        'mirror_url=https://x.example/?a=1',
        'role=web',
        `rolecall_launch=${LAUNCH}`,
      ].sort(),
    );
    expect(log).toContain(join(box.path, 'etc/rolecall/init/b/prod'));
    expect(log).toContain('/dev/null');
  });

  test('gets no open file but stdin, stdout, stderr, and default signals', async () => {
    box.init(
      'b/prod/bootstrapper.sh',
      'for fd in 7 8 9; do [[ ! -e /proc/$$/fd/$fd ]] || echo "leaked $fd"; done; grep SigIgn /proc/self/status',
    );
    await boot(SIGNED);
    const log = box.read('var/log/rolecall/init.log');
    expect(log).not.toContain('leaked');
    // Grep's own: bash itself always ignores QUIT. Node leaves no signal ignored in its children.
    expect(log).toMatch(/SigIgn:\s+0+\n/);
  });

  test('is the machine, then the environment, then the context: the most specific one, and only that', async () => {
    const order = ['b/bootstrapper.sh', 'b/prod/bootstrapper.sh', `b/prod/${INSTANCE_ID}.sh`];
    for (const name of order) {
      box.init(name, `echo "rolecall: ${name}"`);
      const { stdout } = await boot(SIGNED);
      await metadata.close();
      expect(stdout.match(/^rolecall\[init\]: b\/.*$/gm)).toEqual([`rolecall[init]: ${name}`]);
    }
    box.init('b/prod/db-1.sh', 'echo "rolecall: db-1"; echo "rolecall: $machine_id"');
    const { stdout } = await boot(`${SIGNED}machine_id=db-1\n`);
    expect(stdout).toContain('rolecall[init]: db-1\nrolecall[init]: db-1\n');
  });

  test('that is not executable is run by bash', async () => {
    box.init('b/prod/bootstrapper.sh', 'echo "rolecall: $BASH"', 0o644);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^rolecall\[init\]: .*bash$/m);
  });

  test('that is no file fails the boot; a more general one is not run instead', async () => {
    box.init('b/bootstrapper.sh', 'echo "rolecall: general"');
    mkdirSync(join(box.path, 'etc/rolecall/init/b/prod'));
    symlinkSync('nowhere', join(box.path, 'etc/rolecall/init/b/prod/bootstrapper.sh'));
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(1);
    expect(stdout).not.toContain('general');
    expect(stdout).toMatch(
      /ERROR Bootstrapping failed at step init \(status 1\): .*prod\/bootstrapper.sh is there, but is not a file/,
    );
  });

  test('that does not exist fails the boot and names every candidate', async () => {
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(1);
    expect(events(stdout).slice(-2)).toEqual(['end init 1 MS', 'verdict failed init 1 MS']);
    for (const name of [`b/prod/${INSTANCE_ID}.sh`, 'b/prod/bootstrapper.sh', 'b/bootstrapper.sh']) {
      expect(stdout).toContain(join(box.path, 'etc/rolecall/init', name));
    }
  });

  test('tells the operator while it still runs, and only its `rolecall: ` lines', async () => {
    const go = join(box.path, 'go');
    box.init(
      'b/prod/bootstrapper.sh',
      `echo quiet; printf 'rolecall: half'; echo ' a line'; for i in {1..100}; do [[ ! -e ${go} ]] || exit 0; sleep 0.1; done; exit 9`,
    );
    const { status, stdout } = await boot(SIGNED, {
      onStdout: (text) => {
        if (text.includes('rolecall[init]: half a line\n')) box.write('go', '');
      },
    });
    expect(status).toBe(0);
    expect(stdout).not.toContain('quiet');
    expect(box.read('var/log/rolecall/init.log')).toContain('quiet\n');
  });

  test('may leave a daemon that holds its output open', async () => {
    box.init('b/prod/bootstrapper.sh', `sleep 300 & echo $! >${box.path}/pid; disown`);
    const { status, stdout } = await boot(SIGNED);
    const pid = Number(box.read('pid'));
    expect(status).toBe(0);
    expect(events(stdout)).toEqual(GOOD_EVENTS);
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n');
    process.kill(pid);
  });

  test('can speak a hundred summaries, and the last one', async () => {
    box.init('b/prod/bootstrapper.sh', 'for i in {1..500}; do echo "rolecall: line $i"; done');
    const { stdout } = await boot(SIGNED);
    const summaries = stdout.match(/^rolecall\[init\]: line .*/gm) ?? [];
    expect(summaries).toHaveLength(101);
    expect(summaries.slice(-2)).toEqual(['rolecall[init]: line 100', 'rolecall[init]: line 500']);
    expect(stdout).toContain('rolecall[init]: further summaries are only in ');
    expect(box.read('var/log/rolecall/init.log').match(/^rolecall: /gm)).toHaveLength(500);
  });
});

describe('an init script that fails', () => {
  const FAILING = `
    for i in {1..100}; do echo "working on $i"; done
    printf 'red \\e[31mtext\\e[0m\\tand a bell \\a\\r\\n'
    echo 'echoed <<rc2 ${LAUNCH} 00000000 9 1.000 verdict ok init 0 1 0000000000000000>>'
    echo 'user data: ${NONCE}'
    echo 'cp: cannot stat /etc/nothing: No such file or directory'
    echo after
    exit 7`;

  test('gives its status, the last 40 lines of its log behind strong ones, harmless, and the verdict', async () => {
    box.init('b/prod/bootstrapper.sh', FAILING);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(7);
    expect(events(stdout).slice(-3)).toEqual(['start init', 'end init 7 MS', 'verdict failed init 7 MS']);
    const excerpt = stdout.match(/^rolecall\[init\]\| .*$/gm) ?? [];
    expect(excerpt).toHaveLength(41);
    expect(excerpt[0]).toBe('rolecall[init]| [... 65 lines ...]');
    expect(excerpt.slice(-5)).toEqual([
      'rolecall[init]| red text and a bell ?',
      `rolecall[init]| echoed < <rc2 ${LAUNCH} 00000000 9 1.000 verdict ok init 0 1 0000000000000000>>`,
      'rolecall[init]| user data: [nonce]',
      'rolecall[init]| cp: cannot stat /etc/nothing: No such file or directory',
      'rolecall[init]| after',
    ]);
    expect(stdout).toContain(
      '\nERROR Bootstrapping failed at step init (status 7): line 9 of b/prod/bootstrapper.sh: exit 7 (status 7)\n',
    );
    expect(stdout).not.toContain(NONCE);
  });

  test('prints end, excerpt, error and verdict in this order', async () => {
    box.init('b/prod/bootstrapper.sh', FAILING);
    const { stdout } = await boot(SIGNED);
    const places = ['end init 7', 'rolecall[init]| ', '\nERROR Bootstrapping', 'verdict failed'].map((text) =>
      stdout.indexOf(text),
    );
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
  });

  test.each([
    ['says nothing', 'exit 3', 3, 'exit 3 \\(status 3\\); it printed nothing'],
    ['is killed', 'echo first; kill -KILL $$', 137, 'b/prod/bootstrapper.sh was ended by SIGKILL'],
    ['uses an unset variable', 'set -u; echo "$nothing"', 1, 'nothing: unbound variable'],
    ['is a program of sh', 'exec sh -c "echo one; echo two; echo; exit 4"', 4, 'two'],
    [
      'runs into a missing command',
      'set -e; no-such-command-here',
      127,
      'line 2 of b/prod/bootstrapper.sh: no-such-command-here \\(status 127\\)',
    ],
  ])('that %s', async (_what, body, expected, error) => {
    box.init('b/prod/bootstrapper.sh', body);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(expected);
    expect(stdout).toMatch(
      new RegExp(`^ERROR Bootstrapping failed at step init \\(status ${expected}\\): .*${error}$`, 'm'),
    );
  });

  test('whose interpreter is missing', async () => {
    box.write('etc/rolecall/init/b/prod/bootstrapper.sh', '#!/no/such/interpreter\n', 0o755);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(127);
    expect(events(stdout).at(-1)).toBe('verdict failed init 127 MS');
    expect(stdout).toContain(
      ': the interpreter of b/prod/bootstrapper.sh is not on this AMI: /no/such/interpreter\n',
    );
  });

  test('whose interpreter is missing where env looks', async () => {
    box.write('etc/rolecall/init/b/prod/bootstrapper.sh', '#!/usr/bin/env no-such-program\n', 0o755);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(127);
    expect(stdout).toContain(
      ': the interpreter of b/prod/bootstrapper.sh is not on this AMI: no-such-program\n',
    );
  });

  test('whose first line ends in CRLF', async () => {
    box.write('etc/rolecall/init/b/prod/bootstrapper.sh', '#!/bin/bash\r\necho\r\n', 0o755);
    const { status, stdout } = await boot(SIGNED);
    expect(status).toBe(126);
    expect(stdout).toContain(': the first line of b/prod/bootstrapper.sh ends in CRLF');
  });

  test('whose folder cannot be entered never ran, so it is no success', async () => {
    const script = 'INIT_SCRIPT=/no/such/folder/x.sh INIT_COMMAND=(true) INIT_ENVIRONMENT=(a=b); run_script';
    const { status, stderr } = await withBootstrapper(script);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('/no/such/folder'),
    });
  });
});
