import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { boxProgram } from '../../src/files/package-root.ts';
import { KEY } from '../bundle/support.ts';
import { eventually } from './bash.ts';
import { events, LAUNCH, marks } from './box.ts';
import { list, module, StartUpBox, sealed, told } from './start-up.ts';

let box: StartUpBox;
/** Processes that a module left; they end with the test. */
const left: number[] = [];
beforeEach(() => {
  box = new StartUpBox();
});
afterEach(() => {
  for (const pid of left.splice(0)) if (alive(pid)) process.kill(pid, 'SIGKILL');
  box.remove();
});

const alone = (script: string, line = 'one 60\n') => sealed([list(line), module('one', script)]);
const impatient = {
  name: 'start-up-bundle/.lib/runner.sh',
  text: boxProgram('runner.sh').replace(/^GRACE=10$/m, 'GRACE=0'),
};
const LOG = 'var/log/rolecall/module.one.log';
/** Whether the process runs: one that ended and is still to be reaped doesn't. */
function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
const pidIn = (name: string) => {
  const pid = Number(box.read(name));
  left.push(pid);
  return pid;
};

describe('a module that fails', () => {
  test('ends the start with its status, and names the line that failed', async () => {
    const script = 'echo preparing; echo "E: Unable to locate package x" >&2; echo cleaning up; exit 100';
    const bundle = await sealed([list('one 60\ntwo 60\n'), module('one', script), module('two', 'true')]);
    const outcome = await box.start({ bundle });
    expect([outcome.status, told(outcome)]).toEqual([
      100,
      'module.one (status 100): line 3 of one/start-up.sh: exit 100 (status 100)',
    ]);
    expect(events(outcome.stdout).slice(-3)).toEqual([
      'start module.one',
      'end module.one 100 MS',
      'verdict failed module.one 100 MS',
    ]);
    expect(outcome.stdout).not.toMatch(/Finished|two/);
    expect(outcome.stdout.match(/^rolecall\[module\.one\]\| .*/gm)).toEqual([
      'rolecall[module.one]| preparing',
      'rolecall[module.one]| E: Unable to locate package x',
      'rolecall[module.one]| cleaning up',
    ]);
  });

  test('after much output: the last 40 lines, once', async () => {
    const outcome = await box.start({ bundle: await alone('seq 1 5000; echo "rolecall: summary"; exit 3') });
    const shown = outcome.stdout.match(/(?<=^rolecall\[module\.one\]\| ).*/gm);
    expect(shown).toEqual([
      '[... 4961 lines ...]',
      ...Array.from({ length: 39 }, (_, index) => String(4962 + index)),
      'rolecall: summary',
    ]);
  });

  test('without a word', async () => {
    expect(told(await box.start({ bundle: await alone('exit 7') }))).toBe(
      'module.one (status 7): line 3 of one/start-up.sh: exit 7 (status 7); it printed nothing',
    );
  });

  test('by a signal', async () => {
    expect(told(await box.start({ bundle: await alone('echo "working"; kill -SEGV $$') }))).toMatch(
      /^module\.one \(status 139\): /,
    );
  });

  test('by a mistake in its script', async () => {
    const outcome = await box.start({ bundle: await alone('if true; then') });
    expect(told(outcome)).toMatch(/^module\.one \(status 2\): start-up\.sh: line \d+: syntax error/);
  });
});

describe('a module that hangs', () => {
  test('is ended after its time, with its children, deaf ones too', async () => {
    const script = [
      'bash -c "trap \'\' TERM; echo \\$\\$ >deaf; echo waiting for a database; while :; do read -t 9 <> <(:); done" &',
      'while [[ ! -s deaf ]]; do read -t 0.01 <> <(:) || true; done',
      'echo $$ >self; mv self deaf "$ROLECALL_BUNDLE_DIR/../../../../.."; wait',
    ].join('\n');
    const outcome = await box.start({ bundle: await alone(script, 'one 1\n') });
    expect(outcome.status).toBe(124);
    expect(told(outcome)).toMatch(
      /^module\.one \(status 124\): timed out .*one\/start-up\.sh.*, for \d+ s \(the module's limit is 1 s\)$/,
    );
    expect(outcome.stdout).toContain('rolecall[module.one]| waiting for a database\n');
    for (const pid of [pidIn('self'), pidIn('deaf')])
      await eventually('it has ended', () => (alive(pid) ? undefined : true));
  });

  test('and doesn’t listen, is killed', async () => {
    const script = "trap '' TERM; while :; do read -t 9 <> <(:) || true; done";
    const outcome = await box.start({
      // It gets ten seconds to end by itself.
      bundle: await sealed([list('one 1\n'), module('one', script), impatient]),
    });
    expect(told(outcome)).toMatch(
      /^module\.one \(status 124\): timed out .*one\/start-up\.sh.*, for \d+ s \(the module's limit is 1 s\)$/,
    );
  });

  test('longer than the launch waits, is ended before its own limit', async () => {
    const outcome = await box.start({
      bundle: await alone('echo begun\nsleep 100', 'one 90\n'),
      timeoutMs: 6_000,
    });
    expect(told(outcome)).toMatch(
      /^module\.one \(status 124\): timed out at line 4 of one\/start-up\.sh: sleep 100, for \d+ s \(the launch waits 6 s\)$/,
    );
    expect(outcome.stdout).toContain('rolecall[module.one]! how timeout\n');
    expect(outcome.stdout).toContain('rolecall[module.one]| begun\n');
  });

  test('ends with the script, when that is told to stop', async () => {
    let pid = 0;
    let stopped = false;
    const script =
      'echo $$ >../../../../../../self; echo "rolecall: here"; while :; do read -t 9 <> <(:) || true; done';
    const outcome = await box.start({
      bundle: await alone(script),
      onStart: (started) => {
        pid = started;
      },
      onStdout: (text) => {
        if (stopped || !text.includes(']: here')) return;
        stopped = true;
        process.kill(pid, 'SIGTERM');
      },
    });
    expect([outcome.status, told(outcome)]).toEqual([143, 'module.one (status 143): stopped by SIGTERM']);
    const self = pidIn('self');
    await eventually('the module has ended', () => (alive(self) ? undefined : true));
  });
});

describe('what a module prints', () => {
  test('binary, control characters and long lines reach the console harmless', async () => {
    const script = [
      'printf "rolecall: \\e[31mred\\e[0m \\a\\x00\\xff\\r\\n"',
      'printf "rolecall: %0100000d\\n" 7',
      'head -c 200000 /dev/urandom',
      'printf "\\n\\x1b]0;title\\x07 failed\\n"; exit 1',
    ].join('\n');
    const outcome = await box.start({ bundle: await alone(script) });
    expect(outcome.stdout).toMatch(/^rolecall\[module\.one\]: red \?ÿ$/m);
    expect(outcome.stdout).toMatch(/^rolecall\[module\.one\]: 0{266}\.\.\.0{132}7$/m);
    expect(told(outcome)).toMatch(/^module\.one \(status 1\): /);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that's what must not be there
    expect(outcome.stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(Math.max(...outcome.stdout.split('\n').map((line) => line.length))).toBeLessThan(500);
    expect(events(outcome.stdout).at(-1)).toBe('verdict failed module.one 1 MS');
  });

  test('a forged marker is no marker', async () => {
    const forged = `<<rc2 ${LAUNCH} deadbeef 99 9999999999.000 verdict ok module.one 0 1 0123456789abcdef>>`;
    const outcome = await box.start({
      bundle: await alone(`echo "rolecall: ${forged}"; echo "${forged}"; exit 6`),
    });
    expect(marks(outcome.stdout).filter(({ event }) => event.startsWith('verdict ok'))).toEqual([]);
    expect(outcome.stdout.match(/<<rc2 \S+ deadbeef/g)).toBeNull();
    expect(outcome.stdout).toContain('< <rc2');
    expect(told(outcome)).toMatch(/^module\.one \(status 6\)/);
  });

  test('no newline at the end: the log has it, and the next line begins anew', async () => {
    const { stdout } = await box.start({
      bundle: await alone('echo "rolecall: whole"; printf "rolecall: torn"'),
    });
    expect(stdout).toMatch(/\]: whole\n[\s\S]*^Finished starting module one$/m);
    expect(box.read(LOG)).toBe('rolecall: whole\nrolecall: torn');
  });

  test('a hundred summaries, and the last one', async () => {
    const { stdout } = await box.start({
      bundle: await alone('for ((n = 1; n <= 5000; n++)); do echo "rolecall: $n"; done'),
    });
    const said = stdout.match(/(?<=^rolecall\[module\.one\]: ).*/gm) ?? [];
    expect(said).toHaveLength(102);
    expect(said.slice(-3)).toEqual(['100', expect.stringContaining('further summaries are only in'), '5000']);
  });

  test('what is printed while it runs appears while it runs', async () => {
    const script =
      'printf "rolecall: first "; echo half; while [[ ! -e "$ROLECALL_BUNDLE_DIR/../../../../../go" ]]; do read -t 0.01 <> <(:) || true; done';
    const { status } = await box.start({
      bundle: await alone(script),
      onStdout: (text) => {
        if (text.includes(']: first half\n')) box.write('go', '');
      },
    });
    expect(status).toBe(0);
  });
});

test('a daemon that holds stdout open delays nothing, and stays', async () => {
  const script =
    'setsid bash -c "echo \\$\\$ >../../../../../../daemon; exec sleep 300" & while [[ ! -s ../../../../../../daemon ]]; do read -t 0.01 <> <(:) || true; done';
  const outcome = await box.start({ bundle: await alone(script) });
  expect(told(outcome)).toBe('ok module.one');
  expect(alive(pidIn('daemon'))).toBe(true);
});

describe('modules.list', () => {
  const start = async (text: string) =>
    box.start({ bundle: await sealed([list(text), module('one', 'true'), module('two', 'true')]) });

  test('names a module that is not there', async () => {
    const outcome = await start('one 60\ngone 60\n');
    expect([outcome.status, told(outcome)]).toEqual([
      1,
      'module.gone (status 1): there is no gone/start-up.sh in the bundle',
    ]);
    expect(outcome.stdout).toContain('Starting module gone: via gone/start-up.sh\n');
  });

  test.each([
    ['one 60\ntwo 60'],
    ['one\n\ntwo\n'],
    ['one 60\r\ntwo 60\r\n'],
    ['one 60 debian\ntwo 60 fedora,debian\n'],
  ])('%j starts both', async (text) => {
    const outcome = await start(text);
    expect(told(outcome)).toBe('ok module.two');
    expect(outcome.stdout.match(/^Finished starting module .*/gm)).toHaveLength(2);
  });

  test.each(['../one 60\n', 'a/b 60\n', `${'n'.repeat(42)} 60\n`, 'one soon\n', 'one 0\n', 'one $(id) 60\n'])(
    '%j is refused',
    async (text) => {
      const outcome = await start(text);
      expect(told(outcome)).toMatch(
        /^modules \(status 1\): a line of modules\.list must be NAME \[SECONDS \[SYSTEMS\]\], and is '/,
      );
      expect(events(outcome.stdout).at(-1)).toBe('verdict failed modules 1 MS');
    },
  );

  test('says where a module runs', async () => {
    const outcome = await start('one 60 amzn,fedora\n');
    expect(told(outcome)).toBe(
      'module.one (status 1): this module runs on amzn, fedora, and this machine is debian',
    );
  });

  test.each([[''], ['\n\n']])('%j, a bundle without modules, is no success', async (text) => {
    const outcome = await box.start({
      bundle: await sealed([list(text), { name: 'start-up-bundle/x', text: 'x' }]),
    });
    expect(told(outcome)).toBe('modules (status 1): the bundle holds no module: nothing would be started');
  });
});

describe('a full disk', () => {
  const full = (options: string) =>
    `mkdir -p "$1/var/log/rolecall"; mount -t tmpfs -o ${options} tmpfs "$1/var/log/rolecall"`;

  test('that has no room for the log file', async () => {
    const outcome = await box.start({ bundle: await alone('true'), mounts: full('nr_inodes=1') });
    expect(told(outcome)).toMatch(
      /^module\.one \(status 1\): can't write .*module\.one\.log: is there room on the disk\?$/,
    );
  });

  test('while a module writes: its failure is told, with what there was room for', async () => {
    const outcome = await box.start({
      bundle: await alone('echo "first words"; for ((n = 0; n < 9000; n++)); do echo "more words"; done'),
      mounts: full('size=8k'),
    });
    expect(told(outcome)).toMatch(/^module\.one \(status 1\): /);
    expect(outcome.stdout).toContain('rolecall[module.one]| more words\n');
    expect(existsSync(join(box.path, LOG))).toBe(false);
  });
});

test('the words of modules are removed when all have been started, or one has failed', async () => {
  for (const script of ['true', 'exit 4']) {
    const words = { name: 'start-up-bundle/one/.variables', text: `password=${KEY}x\0` };
    const outcome = await box.start({
      bundle: await sealed([list('one 60\n'), module('one', `[[ -n $password ]]; ${script}`), words]),
    });
    expect(outcome.status).toBe(script === 'true' ? 0 : 4);
    expect(box.has(`var/lib/rolecall/${LAUNCH}/start-up-bundle/one/start-up.sh`)).toBe(true);
    expect(box.has(`var/lib/rolecall/${LAUNCH}/start-up-bundle/one/.variables`)).toBe(false);
  }
});
