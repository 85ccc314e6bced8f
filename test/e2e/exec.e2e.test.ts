import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, sandbox, until } from '../support/cli.ts';

const box = sandbox();
const ROLECALL = `'${process.execPath}' '${join(ROOT, 'dist/rolecall.cjs')}'`;
let instance = '';

beforeAll(async () => {
  expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
  const words = 'launch --role memcached --env prod --context b --local --output json'.split(' ');
  const { code, stdout, stderr } = await box.run(words);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  instance = JSON.parse(stdout).machines[0].instance_id;
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

/** Runs a line of the operator's shell; with `terminal` on a real terminal of its own, on which `type` types. */
function shell(line: string, terminal: boolean) {
  const words = terminal
    ? ['script', '--quiet', '--return', '--echo', 'never', '--command', line, '/dev/null']
    : ['bash', '--norc', '-c', line];
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: ROOT,
    env: { ...box.env, SHELL: '/bin/bash', BOX: instance },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const done = once(child, 'close').then(([code]) => ({ code, stdout: out, stderr: err }));
  return {
    type: (text: string) => child.stdin.write(text),
    close: () => child.stdin.end(),
    saw: (pattern: RegExp) => until(`${pattern} in ${out}`, () => pattern.test(out)),
    out: () => out,
    done,
  };
}

const EXEC = `${ROLECALL} local exec "$BOX" --`;

/** Types "x", Enter into every terminal that it can get at. */
const TYPIST = String.raw`perl -e 'for my $f ("/dev/tty", map { "/proc/self/fd/$_" } 0 .. 2) {
  open(my $t, "+<", $f) or next; for ("x", "\n") { my $c = $_; ioctl($t, 0x5412, $c) } }
  for my $t (*STDIN, *STDOUT, *STDERR) { for ("x", "\n") { my $c = $_; ioctl($t, 0x5412, $c) } } print "typed\n"'`;

describe('local exec without a terminal', () => {
  test('hands over stdin, stdout, stderr and the exit code as they are', async () => {
    const run = shell(`${EXEC} bash -c 'sha256sum; echo "no news" >&2; exit 43'`, false);
    const bytes = 'a\u0000b\r\n\u0003'.repeat(50_000);
    run.type(bytes);
    run.close();
    const { createHash } = await import('node:crypto');
    expect(await run.done).toEqual({
      code: 43,
      stdout: `${createHash('sha256').update(bytes).digest('hex')}  -\n`,
      stderr: 'no news\n',
    });
  });

  test('ends with its command, though a daemon keeps the terminal that it prints on', async () => {
    const run = shell(`${EXEC} bash -c 'sleep 1000 & echo left' </dev/null`, true);
    expect(await run.done).toMatchObject({ code: 0, stdout: 'left\r\n' });
  });
});

describe('local exec on a terminal', () => {
  test.each([
    ['all of it', ''],
    ['only the output', '</dev/null'],
    ['only the input', '| cat'],
    ['only the errors', '</dev/null | cat'],
    ['nothing of it but the session', '</dev/null 2>&1 | cat'],
  ])('gives the machine no way to type into it: %s', async (_what, redirection) => {
    const run = shell(`${EXEC} ${TYPIST} ${redirection}; echo ready; read -r line; echo "line=$line."`, true);
    await run.saw(/typed[\s\S]*ready/);
    run.type('mine\n');
    expect((await run.done).stdout).toContain('line=mine.');
  });

  test('gives the command a terminal of this size, and its exit code', async () => {
    const run = shell(`stty rows 33 columns 99; ${EXEC} sh -c 'stty size; tty; exit 44'`, true);
    expect(await run.done).toMatchObject({
      code: 44,
      stdout: expect.stringMatching(/^33 99\r+\n\/dev\/pts\/\d+\r+\n$/),
    });
  });

  test('leaves this terminal as it was', async () => {
    const run = shell(`stty -g; ${EXEC} true; stty -g`, true);
    const [before, after] = (await run.done).stdout.trim().split(/\r+\n/);
    expect(after).toBe(before);
  });

  test('tells the command when the size changes', async () => {
    const script = `trap "told=1" WINCH; echo waiting
      until [[ -v told && $(stty size) == "50 120" ]]; do read -r -t 0.1 line; done; stty size; exit 45`;
    const run = shell(`tty; ${EXEC} bash -c '${script}'`, true);
    await run.saw(/waiting/);
    execFileSync('stty', [
      '-F',
      /\/dev\/pts\/\d+/.exec(run.out())?.[0] ?? '',
      'rows',
      '50',
      'columns',
      '120',
    ]);
    expect(await run.done).toMatchObject({ code: 45, stdout: expect.stringMatching(/50 120\r/) });
  });

  test('what is typed is the command’s, Ctrl-C too', async () => {
    const script = 'trap "exit 46" INT; read -r line; echo "got $line"; while :; do sleep 0.1; done';
    const run = shell(`${EXEC} bash -c '${script}'; echo "code=$?"`, true);
    run.type('hello\n');
    await run.saw(/got hello/);
    run.type('\u0003');
    expect((await run.done).stdout).toContain('code=46');
  });
});
