import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, withBootstrapper } from './bash.ts';
import { BoxRoot, events, GOOD_EVENTS, LAUNCH, marks, NONCE, PERSONALITY, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';

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

describe('a boot that succeeds', () => {
  test('prints every marker, signed, numbered, and the verdict three times', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { status, stdout, stderr } = await boot(SIGNED);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(events(stdout)).toEqual(GOOD_EVENTS);
    const found = marks(stdout);
    expect(found.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 8, 8]);
    expect(found.every(({ signed, launch }) => signed === true && launch === LAUNCH)).toBe(true);
    expect(new Set(found.map((mark) => mark.run)).size).toBe(1);
    expect(found.map(({ epoch }) => Number(epoch))).toEqual(found.map(({ epoch }) => Number(epoch)).sort());
    expect(Math.abs(Number(found[0]?.epoch) * 1000 - Date.now())).toBeLessThan(600_000);
  });

  test('puts an empty line before and after each marker', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { stdout } = await boot(SIGNED);
    expect(stdout.match(/(?<=\n|^)<<rc2 [^\n]*(?=\n)/g)).toHaveLength(10);
    expect(stdout.match(/\n<<rc2 .*>>\n/g)).not.toBeNull();
    expect(
      stdout
        .split('<<rc2 ')
        .slice(0, -1)
        .every((before) => before.endsWith('\n')),
    ).toBe(true);
  });

  test('prints the same to the console and to its log, and to each device once', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    symlinkSync('console', join(box.path, 'dev/ttyS0'));
    const { stdout } = await boot(SIGNED);
    expect(box.read('dev/console').trimStart()).toBe(stdout.trimStart());
    expect(box.read('var/log/rolecall/bootstrapper.log')).toBe(stdout);
  });

  test('prints to the serial port when the console is another device', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    box.write('dev/ttyS0', '');
    const { stdout } = await boot(SIGNED);
    expect(box.read('dev/ttyS0').trimStart()).toBe(stdout.trimStart());
  });

  test('spares the serial port when the console leads there', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    box.write('dev/ttyS0', '');
    box.write('sys/class/tty/console/active', 'tty1 ttyS0\n');
    await boot(SIGNED);
    expect(box.read('dev/ttyS0')).toBe('');
    expect(events(box.read('dev/console'))).toEqual(GOOD_EVENTS);
  });

  test('works without any console', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    rmSync(join(box.path, 'dev/console'));
    mkdirSync(join(box.path, 'dev/ttyS0'));
    expect(events((await boot(SIGNED)).stdout)).toEqual(GOOD_EVENTS);
  });

  test('user data written by hand, without a nonce, gets human lines and no marker', async () => {
    box.init('b/prod/bootstrapper.sh', 'echo "rolecall: done"');
    const { status, stdout } = await boot(PERSONALITY);
    expect(status).toBe(0);
    expect(stdout).toContain('rolecall[init]: done\n');
    expect(stdout).toMatch(/^rolecall\[init\]: role web is up after \d+ ms$/m);
    expect(stdout).not.toContain('<<rc2');
  });

  test('leaves nothing in /run but the lock, and nothing of the nonce anywhere', async () => {
    box.init('b/prod/bootstrapper.sh', 'env');
    const { stdout } = await boot(SIGNED);
    expect(readdirSync(join(box.path, 'run/rolecall'))).toEqual(['lock']);
    const everything = stdout + box.read('dev/console') + box.read('var/log/rolecall/init.log');
    expect(everything).not.toContain(NONCE);
  });

  test('traced (bash -x), it shows neither the nonce nor the token', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { status, stderr } = await boot(SIGNED, { bash: ['-x'] });
    expect(status).toBe(0);
    expect(stderr).toContain('+ main');
    expect(stderr).not.toContain(NONCE);
    expect(stderr).not.toContain('AQAEAJ2kc');
  });
});

describe('a #! payload', () => {
  test('is left alone: status 0, no marker, no init script', async () => {
    box.init('b/prod/bootstrapper.sh', 'touch "$ROLECALL_INSTANCE_ID"');
    const { status, stdout } = await boot('#!/bin/bash\nenvironment=prod\nrole=web\ncontext=b\n');
    expect(status).toBe(0);
    expect(stdout).not.toContain('<<rc2');
    expect(box.has('var/log/rolecall/init.log')).toBe(false);
  });
});

describe('bad user data', () => {
  test('reports all its faults, signed when launch and nonce are whole', async () => {
    const { status, stdout } = await boot(`${SIGNED}role=db\nBad=1\nno equals\n`);
    expect(status).toBe(1);
    expect(stdout.match(/^rolecall\[personality\]\| .*$/gm)).toEqual([
      'rolecall[personality]| user data, line 6: role is given again (first on line 2)',
      'rolecall[personality]| user data, line 7: a key begins with a-z and holds 1 to 64 of a-z 0-9 _, with no space around it',
      'rolecall[personality]| user data, line 8: expected key=value',
    ]);
    expect(stdout).toContain(
      'ERROR Bootstrapping failed at step personality (status 1): user data, line 6: role is given again (first on line 2)\n',
    );
    expect(marks(stdout).at(-1)).toMatchObject({ launch: LAUNCH, signed: true });
    expect(events(stdout).at(-1)).toBe('verdict failed personality 1 MS');
  });

  test.each([
    ['a NUL byte', Buffer.from(`${SIGNED}\0x`), 'user data is binary'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), 'user data is gzip'],
    [
      'too long',
      `${PERSONALITY}${'#'.repeat(16_384)}`,
      'user data has 16420 bytes, more than the 16384 that EC2 takes',
    ],
    ['empty', '', 'user data has no line environment=...'],
  ])('%s', async (_what, userData, error) => {
    const { status, stdout } = await boot(userData);
    expect(status).toBe(1);
    expect(stdout).toContain(`ERROR Bootstrapping failed at step personality (status 1): ${error}`);
    expect(marks(stdout)).toHaveLength(3);
    expect(marks(stdout)[0]).toMatchObject({ launch: '-', signed: 'none', seq: 1 });
  });

  test('none at all is a failure of step metadata', async () => {
    const { status, stdout } = await boot(undefined);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'ERROR Bootstrapping failed at step metadata (status 1): this machine has no user data',
    );
    expect(
      marks(stdout).map(({ launch, signed, event }) => `${launch} ${signed} ${event.replace(/\d+$/, 'MS')}`),
    ).toEqual(Array.from({ length: 3 }, () => '- none verdict failed metadata 1 MS'));
  });
});

describe('the earliest failures', () => {
  const tools =
    'curl cut env find flock grep head mkdir mkfifo mktemp mv od readlink rm sed sleep sort stat tail timeout tr wc'.split(
      ' ',
    );
  test.each(tools)('a machine without %s says so on its console', async (absent) => {
    metadata = await serveMetadata(SIGNED);
    const bin = join(box.path, 'bin');
    mkdirSync(bin);
    for (const tool of [...tools, 'sha256sum', 'bash'])
      if (tool !== absent) symlinkSync(await which(tool), join(bin, tool));
    const { status, stdout } = await withBootstrapper('BOX_PATH=$1; main', [bin], {
      env: { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url },
    });
    expect(status).toBe(1);
    const said = `ERROR Bootstrapping failed at step metadata (status 1): missing on this AMI: ${absent}\n`;
    expect(stdout).toContain(said);
    expect(box.read('dev/console')).toContain(said);
    expect(marks(stdout)).toHaveLength(3);
  });

  test('a console that no process can open, since it waits for a carrier, is left out in time', async () => {
    // A FIFO that nobody reads keeps whoever opens it waiting, too.
    rmSync(join(box.path, 'dev/console'));
    execFileSync('mkfifo', [join(box.path, 'dev/console')]);
    box.write('dev/ttyS0', '');
    const { stdout } = await withBootstrapper('PATH=; find_consoles; printf %s "$SINKS"', [], {
      env: { ROLECALL_ROOT: box.path },
    });
    expect(stdout).toBe(join(box.path, 'dev/ttyS0'));
  });

  test('a bash that is too old says so', async () => {
    const { status, stdout } = await withBootstrapper('start_run 4', [], {
      env: { ROLECALL_ROOT: box.path },
    });
    expect(status).toBe(1);
    const said =
      /bash 5\S+ is too old, 5.0 is needed\n\n<<rc2 - [0-9a-f]{8} 1 \d+\.\d{3} verdict failed metadata 1 \d+ ->>\n/;
    expect(stdout).toMatch(said);
    // rc.local and the unit keep stdout from the console.
    expect(box.read('dev/console')).toMatch(said);
  });

  test('a root that is read-only', async () => {
    metadata = await serveMetadata(SIGNED);
    box.write('run', 'not a folder');
    const { status, stdout } = await box.boot(metadata);
    expect(status).toBe(1);
    expect(stdout).toContain("can't make the folder");
    expect(marks(stdout)).toHaveLength(3);
  });

  test('a command of the bootstrapper itself that breaks is told with its line', async () => {
    metadata = await serveMetadata(SIGNED);
    const { status, stdout } = await withBootstrapper('read_metadata() { false; }; main', [], {
      env: { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /ERROR Bootstrapping failed at step metadata \(status 1\): the script broke off at its line \d+\n/,
    );
  });
});

describe('signals and other runs', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s ends the script and gives a failed verdict', async (signal, expected) => {
    box.init(
      'b/prod/bootstrapper.sh',
      `echo $$ >${box.path}/pid.new; mv ${box.path}/pid.new ${box.path}/pid; sleep 300; true`,
    );
    metadata = await serveMetadata(SIGNED);
    let pid = 0;
    const running = box.boot(metadata, { onStart: (id) => (pid = id) });
    const script = Number(
      await eventually('the init script', () => (box.has('pid') ? box.read('pid') : undefined)),
    );
    process.kill(pid, signal);
    const { status, stdout } = await running;
    expect(status).toBe(expected);
    expect(events(stdout).slice(-2)).toEqual([
      `end init ${expected} MS`,
      `verdict failed init ${expected} MS`,
    ]);
    expect(stdout).toContain(
      `ERROR Bootstrapping failed at step init (status ${expected}): stopped by ${signal}\n`,
    );
    await eventually('the script to end', () => (existsSync(`/proc/${script}`) ? undefined : true));
  });

  test('a second run beside the first ends at once and says nothing on the console', async () => {
    box.init(
      'b/prod/bootstrapper.sh',
      `touch ${box.path}/started; until [[ -e ${box.path}/go ]]; do sleep 0.05; done`,
    );
    metadata = await serveMetadata(SIGNED);
    const first = box.boot(metadata);
    await eventually('the first run', () => (box.has('started') ? true : undefined));
    const second = await box.boot(metadata);
    box.write('go', '');
    expect(second).toMatchObject({
      status: 75,
      stdout: '',
      stderr: expect.stringContaining('another bootstrapper'),
    });
    expect((await first).status).toBe(0);
  });

  test('at a reboot everything runs again, as another run; earlier logs are kept', async () => {
    box.init('b/prod/bootstrapper.sh', `echo x >>${box.path}/count; echo "boot $(wc -l <${box.path}/count)"`);
    const runs = new Set<string>();
    metadata = await serveMetadata(SIGNED);
    for (let count = 0; count < 6; count++) {
      const { status, stdout } = await box.boot(metadata);
      expect(status).toBe(0);
      runs.add(marks(stdout)[0]?.run ?? '');
    }
    expect(runs.size).toBe(6);
    const logs = ['init.log', 'init.log.1', 'init.log.2', 'init.log.3', 'init.log.4'];
    expect(logs.map((name) => box.read(`var/log/rolecall/${name}`))).toEqual(
      [6, 5, 4, 3, 2].map((n) => `boot ${n}\n`),
    );
    expect(box.has('var/log/rolecall/init.log.5')).toBe(false);
    expect(statSync(join(box.path, 'var/log/rolecall/init.log')).mode & 0o777).toBe(0o640);
  });
});

async function which(tool: string): Promise<string> {
  const { stdout } = await withBootstrapper('type -P "$1"', [tool]);
  return stdout.trim();
}
