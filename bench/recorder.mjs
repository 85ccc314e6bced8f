// What the recorder of failing commands costs: commands that succeed, commands that fail, and what is made before each script.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, ROOT, run } from './measure.mjs';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
const path = (name) => join(folder, name);
const read = (name) => readFileSync(`${ROOT}templates/${name}`, 'utf8');
writeFileSync(
  path('bootstrapper.sh'),
  read('bootstrapper.sh').replace(/^\. (\S+\.sh)$/gm, (_line, part) => read(part)),
);
const TIMES = 10_000;
const scripts = {
  succeeds: `for ((i = 0; i < ${TIMES}; i++)); do test -e /; done\n:\n`,
  fails: `for ((i = 0; i < ${TIMES}; i++)); do\n  test -e /none\ndone\n:\n`,
  'fails in a function': `f() { test -e /none; return 0; }\nfor ((i = 0; i < ${TIMES}; i++)); do f; done\n:\n`,
};

/** Milliseconds of the processor that the script takes: other programs don't count. */
async function cpuMs(env) {
  const timed = 'TIMEFORMAT="%U %S"; { time BASH_ENV=$SCRIPT_ENV bash "$1" 2>/dev/null; } 2>&1';
  const { stdout } = await run('bash', ['-c', timed, 'bench', path('script.sh')], {
    env: { SCRIPT_ENV: '', ...env },
  });
  return stdout
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds) * 1000, 0);
}

/** Runs bash code in the bootstrapper's functions. */
async function bootstrapper(code, ...args) {
  const {
    stdout,
    stderr,
    code: status,
  } = await run('bash', [
    '-c',
    `source "$1"; reset_state; shift; ${code}`,
    'bench',
    path('bootstrapper.sh'),
    ...args,
  ]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

try {
  const spent = {};
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(path('script.sh'), `#!/bin/bash\n${text}`);
    await bootstrapper(
      'recorder_of "$1" "$2" "$3" >"$4"',
      path('script.sh'),
      path('record'),
      path('log'),
      path('env'),
    );
    const tries = { with: [], without: [] };
    // In turns, so that a machine that grows slower does so for both.
    for (let turn = 0; turn < 15; turn += 1)
      for (const [kind, samples] of Object.entries(tries)) {
        const env = kind === 'with' ? { SCRIPT_ENV: path('env') } : {};
        samples.push(await cpuMs(env));
      }
    spent[name] = { with: median(tries.with), without: median(tries.without) };
  }
  const { succeeds } = spent;
  figure(`${TIMES} commands that succeed`, succeeds.with, { name: 'without', value: succeeds.without }, 1.05);
  for (const name of ['fails', 'fails in a function']) {
    const each = ((spent[name].with - spent[name].without) / TIMES) * 1000;
    figure(`a command that ${name}`, each, { name: 'a microsecond', value: 1 }, 30, 'us');
  }
  const made = await bootstrapper(
    `for i in {1..21}; do a=$EPOCHREALTIME; recorder_of "$1" /r /l >"$2"; b=$EPOCHREALTIME; echo $((\${b/./} - \${a/./})); done`,
    `${ROOT}example/shop/start.sh`,
    path('env'),
  );
  figure(
    'a boot',
    median(made.trim().split('\n').map(Number)) / 1000,
    { name: 'a millisecond', value: 1 },
    3,
    'ms.',
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
