/** What the box says of a script whose time is up. The clock is not asked: each time is up when the script is where it hangs. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BOOTSTRAPPER, eventually, type Outcome, run, withBootstrapper } from './bash.ts';
import { BoxRoot, events, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';

let box: BoxRoot;
let metadata: MetadataServer | undefined;

beforeEach(() => {
  box = new BoxRoot();
});
afterEach(async () => {
  await metadata?.close();
  metadata = undefined;
  box.remove();
});

/** A program that takes its time, under another name: `sleep`. */
function program(name: string): void {
  mkdirSync(join(box.path, 'bin'), { recursive: true });
  copyFileSync('/bin/sleep', join(box.path, 'bin', name));
}

interface Words {
  /** The time of the step is up as soon as the box sees what this bash condition says. */
  readonly when?: string;
  /** Bash that replaces functions and settings of the bootstrapper. */
  readonly before?: string;
  readonly userData?: string;
  readonly onStdout?: (text: string) => void;
}

async function boot(
  script: string,
  { when = 'false', before = '', userData = SIGNED, onStdout }: Words,
): Promise<Outcome> {
  if (script !== '') box.write('etc/rolecall/init/b/prod/bootstrapper.sh', script, 0o755);
  metadata ??= await serveMetadata(userData);
  const hurry = `source "$1"; LOOK_EVERY=1; eval "real_$(declare -f look)"
    look() { real_look "$@"; if ${when}; then DEADLINE=1 RUN_CS=0 TIMEOUT=99999999; fi; }
    BOX_PATH=$ROLECALL_ROOT/bin:$BOX_PATH
    ${before}
    main`;
  return await run('bash', ['-c', hurry, 'test', BOOTSTRAPPER], {
    env: { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url },
    ...(onStdout !== undefined && { onStdout }),
  });
}

const facts = ({ stdout }: Outcome): Record<string, string> =>
  Object.fromEntries(
    [...stdout.matchAll(/^rolecall\[init\]! (\S+) (.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
const closing = ({ stdout }: Outcome): string | undefined =>
  /^ERROR Bootstrapping failed at step \S+ \(status 124\): (.*)$/m.exec(stdout)?.[1];
/** Whether the child that is waited for runs this program. */
const runs = (name: string) => `[[ -n $WORKER && " \${ARGV[*]} " == *'${name} '* ]]`;

/** The bootstrapper's own, beside the script's. */
const REAL_CURL = 'curl() { /usr/bin/curl "$@"; }';

describe('a script whose time is up', () => {
  test('ends with status 124, and the box says on which line, with what, and since when', async () => {
    program('apt-get');
    const outcome = await boot(
      '#!/bin/bash\nset -e\n\n# apt-get 100 is slow\necho one\necho two\napt-get 100\necho three\n',
      { when: runs('apt-get') },
    );
    expect(outcome.status).toBe(124);
    expect(closing(outcome)).toMatch(
      /^timed out at line 7 of b\/prod\/bootstrapper\.sh: apt-get 100, for \d+ s \(the launch waits \d+ s\)$/,
    );
    expect(facts(outcome)).toEqual({
      how: 'timeout',
      interpreter: 'bash',
      file: 'b/prod/bootstrapper.sh',
      line: '7',
      command: 'apt-get 100',
      status: '124',
      for: expect.stringMatching(/^\d+$/),
      limit: expect.stringMatching(/^the launch waits \d+ s$/),
    });
    expect(outcome.stdout).toMatch(/^rolecall\[init\]\| one\nrolecall\[init\]\| two\n/m);
    expect(outcome.stdout).not.toContain('three');
    expect(events(outcome.stdout).slice(-2)).toEqual(['end init 124 MS', 'verdict failed init 124 MS']);
  });

  const cases: readonly (readonly [
    string,
    string,
    string,
    { line?: string; command?: unknown; file?: string; interpreter?: string },
  ])[] = [
    [
      'with a label before it',
      'case x in\nx) curl 100 | cat ;;\nesac\n',
      runs('curl'),
      { line: '3', command: 'curl 100' },
    ],
    [
      'in a condition',
      'if\n  curl "$((99 + 1))" | cat; then true; fi\n',
      runs('curl'),
      { line: '3', command: 'curl "$((99 + 1))"' },
    ],
    [
      'in a case without indentation, between others',
      'case $role in\na)\nuntil true; do true; done\n;;\nweb)\nif true; then\ncurl 100\nfi\n;;\nb)\nuntil false; do curl 10; done\n;;\nesac\n',
      runs('curl'),
      { line: '8', command: 'curl 100' },
    ],
    [
      'in a function that tries again what it is given: where it was called',
      'retry() {\n  until "$@"; do\n    sleep 0.01\n  done\n}\nmain() {\n  retry test -e /nonexistent\n}\nmain\n',
      '[[ -n $PLACE_AT ]] && (($1 - PLACE_AT > 100))',
      { line: '8', command: 'retry test -e /nonexistent' },
    ],
    [
      'beside a copy of its output',
      'exec > >(tee -a "$PWD/log") 2>&1\ncurl 100\n',
      runs('curl'),
      { line: '3', command: 'curl 100' },
    ],
    [
      'in a list',
      'true && curl "$((99 + 1))" >/dev/null || { echo failed; exit 1; }\n',
      runs('curl'),
      { line: '2', command: 'curl "$((99 + 1))" >/dev/null' },
    ],
    [
      'in the condition of an if',
      'if ! curl "$((99 + 1))"; then exit 1; fi\n',
      runs('curl'),
      { line: '2', command: 'curl "$((99 + 1))"' },
    ],
    [
      'in a loop of its own',
      'echo one\nwhile true; do :; done\n',
      '[[ -n $PLACE_AT ]] && stat_of "$SHELL_PID" && [[ $STATE == R ]] && (($1 - PLACE_AT > 20))',
      { line: '3', command: 'while true; do :; done' },
    ],
    ['in a pipeline', 'true\ncurl 100 | cat | wc -l\n', runs('curl'), { line: '3', command: 'curl 100' }],
    ['in a substitution', 'true\nx=$(\n  curl 100\n)\n', runs('curl'), { line: '4', command: 'curl 100' }],
    [
      'in a function',
      'install() {\n  apt-get 100\n}\nmain() {\n  install\n}\nmain\n',
      runs('apt-get'),
      { line: '3', command: 'apt-get 100' },
    ],
    [
      'with values that stand in variables',
      'secret=100\nmain() {\n  curl "$secret"\n}\nmain\n',
      runs('curl'),
      { line: '4', command: 'curl "$secret"' },
    ],
    [
      'in a loop that waits',
      'until false; do\n  sleep 0.01\ndone\n',
      `[[ -n $PLACE_AT ]] && (($1 - PLACE_AT > 100))`,
      { line: '2', command: 'until false' },
    ],
    [
      'beside a daemon of its own',
      'curl 200 &\ntrue\napt-get 100\n',
      runs('apt-get'),
      { line: '4', command: 'apt-get 100' },
    ],
    [
      'waiting for a job in the background',
      'curl 100 &\nwait\ntrue\n',
      runs('curl'),
      { line: '2', command: 'curl 100' },
    ],
    [
      'below another program',
      'timeout 100 curl 100\ntrue\n',
      runs('timeout'),
      { line: '2', command: 'timeout 100 curl 100' },
    ],
    [
      'with a command of many lines',
      'curl \\\n  100\ntrue\n',
      runs('curl'),
      { line: '2', command: 'curl 100' },
    ],
    [
      'behind a here-document',
      'cat >/dev/null <<EOF\ncurl\nEOF\ncurl 100 <<EOF\ntext\nEOF\n',
      runs('curl'),
      { line: '5' },
    ],
    [
      'in a line that names no program',
      'c=curl\n$c 100\ntrue\n',
      runs('curl'),
      { line: '3', command: '$c 100' },
    ],
  ];
  test.each(cases)('%s', async (_how, script, when, expected) => {
    for (const name of ['apt-get', 'curl']) program(name);
    expect(facts(await boot(`#!/bin/bash\n${script}`, { when, before: REAL_CURL }))).toMatchObject({
      how: 'timeout',
      file: 'b/prod/bootstrapper.sh',
      ...expected,
    });
  });

  test('in a script that it calls: there', async () => {
    program('curl');
    const role = box.write('etc/rolecall/init/roles/web.sh', '#!/bin/bash\ntrue\ncurl 100\n', 0o755);
    const outcome = await boot(`#!/bin/bash\n${role}\ntrue\n`, { when: runs('curl'), before: REAL_CURL });
    expect(facts(outcome)).toMatchObject({ file: 'roles/web.sh', line: '3', command: 'curl 100' });
  });

  test('in a shell that keeps no place: on the only line that fits', async () => {
    program('curl');
    const outcome = await boot('#!/bin/sh\necho one\ncurl 100\necho two\n', {
      when: runs('curl'),
      before: REAL_CURL,
    });
    expect(facts(outcome)).toMatchObject({
      interpreter: 'sh',
      file: 'b/prod/bootstrapper.sh',
      line: '3',
      command: 'curl 100',
    });
  });

  test('in another language: what it has started', async () => {
    program('curl');
    const script = '#!/usr/bin/perl\nsystem("curl", "100");\n';
    const outcome = await boot(script, {
      when: `[[ -n $WORKER && \${ARGV[0]} == curl ]]`,
      before: REAL_CURL,
    });
    expect(facts(outcome)).toMatchObject({
      interpreter: 'perl',
      file: 'b/prod/bootstrapper.sh',
      command: 'curl 100',
    });
    expect(closing(outcome)).toMatch(/^timed out in b\/prod\/bootstrapper\.sh: curl 100, for \d+ s /);
  });

  test('in the shell itself: on the line of the command that it runs', async () => {
    const script = '#!/bin/bash\nmkfifo fifo\nwhile :; do\n  read -r line <fifo\ndone\n';
    const outcome = await boot(script, {
      when: '[[ -p $ROOT/etc/rolecall/init/b/prod/fifo && -z $WORKER && -n $PLACE_AT ]] && (($1 - PLACE_AT > 50))',
    });
    expect(closing(outcome)).toMatch(
      /^timed out at line (3 of \S+: while :|4 of \S+: read -r line <fifo), for \d+ s /,
    );
  });

  test('is asked to end, and what it says then comes behind', async () => {
    program('curl');
    const script = '#!/bin/bash\ntrap "echo cleaning; echo up" EXIT\necho working\ncurl 100\n';
    const outcome = await boot(script, { when: runs('curl'), before: REAL_CURL });
    expect(facts(outcome)).toMatchObject({ line: '4', command: 'curl 100' });
    const lines = outcome.stdout.match(/(?<=^rolecall\[init\]\| ).*/gm) ?? [];
    expect(lines[0]).toBe('working');
    expect(Number(facts(outcome)['behind'] ?? 0)).toBe(lines.length - 1);
    expect(lines).toContain('cleaning');
  });

  test('is killed with all that it has started, in other groups too, where it does not listen', async () => {
    const script = [
      '#!/bin/bash',
      `trap '' TERM`,
      `setsid bash -c "trap '' TERM; echo \\$\\$ >deaf; while :; do read -t 9 <> <(:); done" &`,
      'while [[ ! -s deaf ]]; do read -t 0.01 <> <(:); done',
      'mv deaf "$ROLECALL_TEST"',
      'while :; do read -t 9 <> <(:); done',
    ].join('\n');
    const outcome = await boot(script.replace('$ROLECALL_TEST', join(box.path, 'deaf')), {
      when: '[[ -s $ROOT/deaf ]]',
      before: 'GRACE=0',
    });
    expect(outcome.status).toBe(124);
    const pid = box.read('deaf').trim();
    await eventually('it has ended', () => (isAlive(pid) ? undefined : true));
  });

  test('has told nothing of a machine without a timeout in user data', async () => {
    const outcome = await boot('#!/bin/bash\nenv | grep rolecall_timeout && exit 1; true\n', {});
    expect(outcome.status).toBe(0);
  });
});

test.each([
  ['apt-get -y install nginx', 'apt-get -y install nginx'],
  ['/usr/bin/curl -u me:word https://a.b/c?d=e', 'curl -u ... ...'],
  ['mysql --password word -pword db', 'mysql --password ... ... db'],
  ['deploy 0123456789abcdef0123456789 /srv/shop/releases/7', 'deploy ... /srv/shop/releases/7'],
])('of the command line %s nothing is told that may be secret', async (line, expected) => {
  const { stdout } = await withBootstrapper('read -r -a ARGV <<<"$1"; plain_command; printf %s "$REPLY"', [
    line,
  ]);
  expect(stdout).toBe(expected);
});

test.each(['children', 'nothing'])('child processes are found by %s in /proc', async (file) => {
  const script = `KIDS_FILE=${file}; sleep 100 & one=$!; (sleep 100 & wait) & two=$!
    kids_of $$; echo "\${KIDS[*]}" "$one $two"; CHILD=$two
    until find_family && ((\${#FAMILY[@]} == 2)); do sleep 0.01; done
    kill "$one"; signal_family KILL; until ! kill -0 "$two" 2>/dev/null; do sleep 0.01; done`;
  const { stdout, status } = await withBootstrapper(script);
  const [one, two, ...pids] = stdout.trim().split(' ');
  expect(status).toBe(0);
  expect([one, two]).toEqual(pids);
});

describe('the timeout of user data', () => {
  test('ends a script before the launch stops waiting', async () => {
    const outcome = await boot('#!/bin/bash\nexec sleep 100\n', {
      userData: `${SIGNED}rolecall_timeout=2\n`,
    });
    expect(outcome.status).toBe(124);
    expect(closing(outcome)).toContain('(the launch waits 2 s)');
  });

  test.each(['0', '1m', '-5', '12345678'])('is refused where it is %s', async (timeout) => {
    const outcome = await boot('#!/bin/bash\n', { userData: `${SIGNED}rolecall_timeout=${timeout}\n` });
    expect(outcome.stdout).toContain('the value of rolecall_timeout must be whole seconds, 1 to 9999999');
  });

  test.each([
    [1, 50],
    [20, 1000],
    [30, 1500],
    [60, 4500],
    [600, 54000],
    [7200, 648000],
  ])('of %d s leaves some for the report', async (timeout, after) => {
    const { stdout } = await withBootstrapper(
      `RUN_CS=7; set_deadline ${timeout}; echo $((DEADLINE - RUN_CS))`,
    );
    expect(Number(stdout)).toBe(after);
  });
});

describe('a sign of life', () => {
  const QUICK = 'FIRST_BEAT=1 LAST_BEAT=1';
  const goOn = (pattern: RegExp) => (text: string) => {
    if (pattern.test(text)) box.write('go', '');
  };
  const wait = () => `while [[ ! -e ${join(box.path, 'go')} ]]; do sleep 0.01; done\n`;

  test('is a marker, and behind it the last line that the script has printed', async () => {
    const outcome = await boot(`#!/bin/bash\nprintf 'one\\n 10%%\\r 20%%\\r'\n${wait()}echo ready\n`, {
      before: QUICK,
      onStdout: goOn(/~ 20%\n/),
    });
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(
      /<<rc2 launch-7 \S+ \d+ \S+ alive init [0-9a-f]{16}>>\nrolecall\[init\]~ 20%\n/,
    );
    expect(new Set(events(outcome.stdout)).has('alive init')).toBe(true);
  });

  test('has an empty line where nothing was printed, and of colours only the text', async () => {
    const script = `#!/bin/bash\n${wait()}rm ${join(box.path, 'go')}\nprintf '\\e[31mred\\e[0m\\n\\e[0m\\n'\n${wait()}`;
    const outcome = await boot(script, { before: QUICK, onStdout: goOn(/~ \n|~ red\n/) });
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/^rolecall\[init\]~ $/m);
    expect(outcome.stdout).toMatch(/^rolecall\[init\]~ red$/m);
  });

  test('comes ever more seldom', async () => {
    const beats =
      'STEP=init; mark() { printf "%s " "$now"; }; print() { :; }; for ((now = 0; now < 360000; now += 10)); do beat "$now"; done';
    const { stdout } = await withBootstrapper(beats);
    const times = stdout
      .trim()
      .split(' ')
      .map((cs) => Number(cs) / 100);
    expect(times.slice(0, 6)).toEqual([30, 90, 210, 450, 750, 1050]);
    expect(times).toHaveLength(14);
  });
});

/** Whether the process runs: one that ended and is still to be reaped doesn't. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
