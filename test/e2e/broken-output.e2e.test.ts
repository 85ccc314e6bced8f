import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Result, ROOT, sandbox, until } from '../support/cli.ts';
import { rehearsal } from '../support/rehearsal.ts';

/**
 * Commands whose stdout or stderr breaks: a reader that goes away, a full disk, a terminal that is hung up. The machines and
 * the exit code must not feel it.
 */
const box = sandbox();
const catalogue = rehearsal(box.home);
const faults = join(box.home, 'faults.yaml');
const env: NodeJS.ProcessEnv = {
  ...box.env,
  ROLECALL: `${process.execPath} ${join(ROOT, 'dist', 'rolecall.cjs')}`,
  AT: `--env prod --context b --catalogue ${catalogue} --local`,
};
writeFileSync(
  faults,
  'boxes:\n  outcomes:\n    - { kind: failed, lines: ["E: no such package"], launch_indexes: [1] }\n    - { kind: hangs, step: init, launch_indexes: [2] }\n',
);

beforeAll(async () => {
  const words = ['local', 'up', '--boxes', 'simulated', '--clock-speed', '20', '--faults', faults];
  expect(await box.run(words)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

/** Runs a line of bash; `$?` of its last command is the code. */
function bash(line: string): Promise<Result> {
  const child = spawn('bash', ['-c', line], { cwd: box.home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...result }));
  });
}

const LOST = /^error: the report could not be written to stdout: ENOSPC: no space left on device/m;
const STACK = /^ {4}at /m;

/** The launch's machines, as another command sees them. */
async function machinesOf(launch: string) {
  const { stdout } = await bash(
    `$ROLECALL watch ${launch} --catalogue ${catalogue} --local --output json 2>/dev/null`,
  );
  return JSON.parse(stdout).machines.map(({ verdict }: { verdict: string }) => verdict);
}

/** A launch of so many machines: the second one of each launch fails, the third one hangs. */
const launch = (count: number, more: string) => `$ROLECALL launch --role works --count ${count} $AT ${more}`;

describe('a launch goes on, and its document arrives, when stderr', () => {
  test.each([
    ['has lost its reader', '2> >(head -1 >/dev/null)'],
    ['had none from the beginning', '2> >(exec true)'],
    ['is a full disk', '2>/dev/full'],
    ['is closed', '2>&-'],
  ])('%s', async (_what, redirect) => {
    const { code, stdout } = await bash(launch(1, `--output json ${redirect}`));
    expect({ code, document: JSON.parse(stdout || 'null') }).toMatchObject({
      code: 0,
      document: { exit_code: 0, summary: { succeeded: 1 } },
    });
  });

  test('and the exit code is that of its machines', async () => {
    const { code, stdout } = await bash(launch(2, '--output json 2> >(head -1 >/dev/null)'));
    expect({ code, document: JSON.parse(stdout || 'null') }).toMatchObject({
      code: 3,
      document: { exit_code: 3, summary: { failed: 1 } },
    });
  });
});

describe('a launch goes on, and one line says that its report is lost, when stdout', () => {
  test.each([
    ['text', 1, 0],
    ['json', 1, 0],
    ['ndjson', 1, 0],
    ['json', 2, 3],
  ])('is a full disk: %s of %i machines', async (output, count, exit) => {
    const id = `full-${output}-${count}`;
    const { code, stderr } = await bash(launch(count, `--output ${output} --launch-id ${id} >/dev/full`));
    expect(stderr).not.toMatch(STACK);
    expect(stderr.match(/could not be written/g)).toHaveLength(1);
    expect(stderr).toMatch(LOST);
    expect(stderr).toContain(`→ rolecall watch ${id} --catalogue ${catalogue} --local`);
    expect(code).toBe(exit);
    expect((await machinesOf(id)).sort()).toEqual(['failed', 'succeeded'].slice(2 - count));
  });

  test('loses its reader in the middle of its events', async () => {
    const { code, stderr } = await bash(
      launch(1, '--output ndjson --launch-id reader-gone | head -1 >/dev/null; exit $PIPESTATUS'),
    );
    expect(stderr).not.toMatch(STACK);
    expect(stderr).toMatch(/^error: the report could not be written to stdout: write EPIPE/m);
    expect(code).toBe(0);
    expect(await machinesOf('reader-gone')).toEqual(['succeeded']);
  });

  test('is broken, and stderr as well', async () => {
    const { code } = await bash(launch(2, '--output json >/dev/full 2>/dev/full'));
    expect(code).toBe(3);
  });

  test('is a full disk, while the report for CI has room', async () => {
    const { code } = await bash(launch(1, '--junit junit.xml >/dev/full 2>/dev/full'));
    expect(code).toBe(0);
    expect(readFileSync(join(box.home, 'junit.xml'), 'utf8')).toContain('<testsuite');
  });
});

describe('a terminal that is hung up', () => {
  /** Runs a line of bash on a terminal, and takes the terminal away once `ready` holds. @returns the line's exit code */
  async function hungUp(line: string, ready: (folder: string, shown: string) => boolean): Promise<number> {
    const folder = mkdtempSync(join(box.home, 'pty-'));
    const codeFile = join(folder, 'code');
    const script = join(folder, 'script.sh');
    writeFileSync(
      script,
      `stty cols 80 rows 24\ncd '${folder}'\n${line}\necho $? >code.new && mv code.new code\n`,
    );
    const child = spawn('script', ['-qfec', `bash '${script}'`, '/dev/null'], {
      env: { ...env, TERM: 'xterm', CI: '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      shown += String(chunk);
    });
    await until('the command is under way', () => ready(folder, shown));
    child.kill('SIGKILL');
    await until('the command has ended', () => existsSync(codeFile));
    return Number(readFileSync(codeFile, 'utf8'));
  }

  // In a session of its own no signal tells of it, as under systemd or a CI runner.
  const OWN = 'trap "" HUP; setsid --wait';

  test.each([
    ['stderr is on it', 'launch --role works $AT --output json >document.json', 'launching'],
    ['both are on it', 'launch --role works $AT', 'launching'],
  ])('where no signal tells of it the launch goes on: %s', async (_what, words, sign) => {
    const code = await hungUp(`${OWN} $ROLECALL ${words}`, (_folder, shown) => shown.includes(sign));
    expect(code).toBe(0);
  });

  test('the signal stops the watching as Ctrl-C does, and the document arrives', async () => {
    let folder = '';
    const code = await hungUp(
      `trap "" HUP; ${launch(3, '--timeout 9h --output json >document.json')}`,
      (at, shown) => {
        folder = at;
        return /i-[0-9a-f]{17}/.test(shown);
      },
    );
    expect(code).toBe(130);
    expect(JSON.parse(readFileSync(join(folder, 'document.json'), 'utf8'))).toMatchObject({ exit_code: 130 });
  });

  test('a question that nobody can answer any more ends the command, and nothing is launched', async () => {
    const code = await hungUp(
      `${OWN} $ROLECALL launch --role works --env prod --catalogue ${catalogue} --local`,
      (_folder, shown) => shown.includes('In which context'),
    );
    expect(code).toBe(130);
  });
});

describe('other commands', () => {
  const NO_ROOM = /^(?:note: .*\n)?error: stdout can't be written: ENOSPC.*\n {2}→ .*\n$/;

  test.each([
    'roles list',
    'roles show works $WHERE',
    'plan --role works $WHERE',
    'render --role works $WHERE',
  ])('%s, whose output is all that they do, end with 2', async (words) => {
    const line = words.replace('$WHERE', '--env prod --context b');
    for (const output of ['text', 'json']) {
      const { code, stderr } = await bash(
        `$ROLECALL ${line} --catalogue ${catalogue} --output ${output} >/dev/full`,
      );
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(NO_ROOM) });
    }
  });

  test.each(['--version', '--help', 'launch --help', 'help exit-codes'])('%s as well', async (words) => {
    const { code, stderr } = await bash(`$ROLECALL ${words} >/dev/full`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(NO_ROOM) });
  });

  test('an error keeps its code and its sentence when its document has nowhere to go', async () => {
    const { code, stderr } = await bash('$ROLECALL roles show nobody --output json >/dev/full');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: (?!stdout)/);
    expect(stderr).not.toMatch(STACK);
  });

  test('what has changed something ends with the code of that', async () => {
    await bash(launch(1, '--launch-id to-end 2>/dev/null'));
    const ended = await bash(`$ROLECALL terminate to-end --yes --catalogue ${catalogue} --local >/dev/full`);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(LOST) });
    const again = await bash(`$ROLECALL terminate to-end --yes --catalogue ${catalogue} --local`);
    expect(again).toMatchObject({ code: 0, stdout: '0 machines terminated\n' });
    const made = await bash('$ROLECALL module new of-mine >/dev/full');
    expect(made).toMatchObject({ code: 0, stderr: expect.stringMatching(LOST) });
    expect(existsSync(join(box.home, 'modules/of-mine/start-up.sh'))).toBe(true);
  });

  test('a cloud in the foreground lives on when nobody reads what it prints', async () => {
    const other = { XDG_STATE_HOME: join(box.home, 'other-state') };
    const line = `$ROLECALL local up --foreground --boxes simulated >/dev/full 2> >(exec true)`;
    const child = spawn('bash', ['-c', `exec ${line}`], {
      cwd: box.home,
      env: { ...env, ...other },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const run = (words: string[]) => box.run(words, { env: other });
    await until('the cloud is up', async () => (await run(['local', 'env'])).code === 0);
    expect(await run(['local', 'down'])).toMatchObject({ code: 0 });
    expect(await ended).toBe(0);
  });
});
