import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BoxRoot, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';

let box: BoxRoot;
let metadata: MetadataServer;

beforeEach(() => {
  box = new BoxRoot();
});

afterEach(async () => {
  await metadata?.close();
  box.remove();
});

const SCRIPT = 'etc/rolecall/init/b/prod/bootstrapper.sh';

/** The facts and the excerpt that a script's failure puts on the console. The script has no line before its first. */
async function failureOf(script: string, mode = 0o755) {
  box.write(SCRIPT, script, mode);
  metadata = await serveMetadata(SIGNED);
  const { stdout, status } = await box.boot(metadata);
  const facts = Object.fromEntries(
    [...stdout.matchAll(/^rolecall\[init\]! (\S+) (.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
  return {
    status,
    facts,
    excerpt: [...stdout.matchAll(/^rolecall\[init\]\| (.*)$/gm)].map(([, line = '']) => line),
    closing: /^ERROR Bootstrapping failed at step init \(status \d+\): (.*)$/m.exec(stdout)?.[1],
  };
}

type Case = readonly [what: string, script: string, facts: Readonly<Record<string, string>>];
const at = (line: number, command: string, status: number) => ({
  line: `${line}`,
  command,
  status: `${status}`,
});

const COMMANDS: readonly Case[] = [
  [
    'a command under errexit',
    '#!/bin/bash\nset -e\necho one\nls /nonexistent\necho two',
    at(4, 'ls /nonexistent', 2),
  ],
  ['one that is not executable', '#!/bin/bash\nset -e\n\n./part.sh a b', at(4, './part.sh a b', 126)],
  [
    'one that is not there',
    '#!/bin/bash\nset -e\nno-such-command --now',
    at(3, 'no-such-command --now', 127),
  ],
  [
    'the last one, without errexit',
    '#!/bin/bash\nfalse\necho one\nls /nonexistent',
    at(4, 'ls /nonexistent', 2),
  ],
  [
    'a function',
    '#!/bin/bash\nset -e\nf() {\n  echo in f\n  ls /nonexistent\n}\nf',
    { ...at(5, 'ls /nonexistent', 2), function: 'f' },
  ],
  [
    'a function at the end, without errexit',
    '#!/bin/bash\nf() {\n  ls /nonexistent\n}\nf',
    { ...at(3, 'ls /nonexistent', 2), function: 'f' },
  ],
  [
    'a wrapper of commands',
    '#!/bin/bash\nset -e\nrun() {\n  echo "+ $*"\n  "$@"\n}\nrun ls /nonexistent',
    at(7, 'run ls /nonexistent', 2),
  ],
  ['a subshell', '#!/bin/bash\nset -e\n( cd /\n  ls nonexistent\n)', at(4, 'ls nonexistent', 2)],
  [
    'a substitution',
    '#!/bin/bash\nset -e\nfound=$(ls /nonexistent)\necho "$found"',
    at(3, 'ls /nonexistent', 2),
  ],
  [
    'the first stage of a pipeline',
    '#!/bin/bash\nset -eo pipefail\nls /nonexistent | sort | cat',
    at(3, 'ls /nonexistent', 2),
  ],
  [
    'a stage in the middle',
    "#!/bin/bash\nset -eo pipefail\necho 'a|b' | grep -q '[' | cat",
    at(3, "grep -q '['", 2),
  ],
  [
    'a pipeline over lines',
    '#!/bin/bash\nset -eo pipefail\necho a |\n  ls /nonexistent |\n  cat',
    { command: 'ls /nonexistent', status: '2' },
  ],
  [
    'a download that unpacks nothing',
    '#!/bin/bash\nset -eo pipefail\ncat /nonexistent | tar -xz -C /tmp',
    at(3, 'cat /nonexistent', 1),
  ],
  [
    'a writer whose reader failed',
    '#!/bin/bash\nset -eo pipefail\nyes | ls /nonexistent',
    at(3, 'ls /nonexistent', 2),
  ],
  [
    'a file that it sources',
    '#!/bin/bash\nset -e\n. "$(dirname "$0")/part.sh"',
    { ...at(2, 'ls /nonexistent', 2), file: 'b/prod/part.sh' },
  ],
  [
    'a role’s script that it sources',
    '#!/bin/bash\nset -e\n# shellcheck source=/dev/null\nsource "../prod/../prod/$role.sh"',
    { ...at(2, 'ls /nonexistent', 2), file: 'b/prod/web.sh' },
  ],
  [
    'a loop',
    '#!/bin/bash\nset -e\nfor name in a b; do\n  [ "$name" = a ]\ndone',
    at(4, '[ "$name" = a ]', 1),
  ],
  ['a condition', '#!/bin/bash\nset -e\n[[ -f /nonexistent ]]', at(3, '[[ -f /nonexistent ]]', 1)],
  [
    'a writer whose reader has enough',
    '#!/bin/bash\nset -eo pipefail\nyes | head -n 1',
    { ...at(3, 'yes', 141), signal: 'PIPE' },
  ],
  [
    'an expected failure before',
    '#!/bin/bash\nset -e\nls /missing || true\nif ls /absent; then :; fi\nls /nonexistent',
    at(5, 'ls /nonexistent', 2),
  ],
  [
    'an EXIT trap that fails',
    "#!/bin/bash\nset -e\ntrap 'rm /absent' EXIT\nls /nonexistent",
    at(4, 'ls /nonexistent', 2),
  ],
  [
    'an EXIT trap that gives another status',
    "#!/bin/bash\nset -e\ntrap 'rc=$?; rm /absent; exit 9' EXIT\nls /nonexistent",
    at(4, 'ls /nonexistent', 2),
  ],
  [
    'a child that is killed',
    "#!/bin/bash\nset -e\nsh -c 'kill -KILL $$'",
    { ...at(3, "sh -c 'kill -KILL $$'", 137), signal: 'KILL' },
  ],
  [
    'a heredoc',
    '#!/bin/bash\nset -e\ncat >/nonexistent/file <<EOF\none\ntwo\nEOF',
    { line: '3', status: '1' },
  ],
  ['its own ERR trap', "#!/bin/bash\nset -e\ntrap 'echo mine' ERR\nls /nonexistent", {}],
  [
    'a function of a role’s script',
    '#!/bin/bash\nset -e\nsource "../prod/$role-functions.sh"\nstart',
    { ...at(2, 'ls /nonexistent', 2), function: 'start', file: 'b/prod/web-functions.sh' },
  ],
  [
    'a function of a file that the script has made',
    '#!/bin/bash\nset -e\nprintf "start() {\\nls /nonexistent\\n}\\n" >made.sh\n. ./made.sh\nstart',
    { ...at(2, 'ls /nonexistent', 2), function: 'start', file: 'b/prod/made.sh' },
  ],
];

const EXITS: readonly Case[] = [
  ['exit behind ||', '#!/bin/bash\nls /nonexistent || exit 4', at(2, 'ls /nonexistent', 4)],
  [
    'a function that dies',
    '#!/bin/bash\ndie() { echo "$*" >&2; exit 4; }\nls /nonexistent || die "no list"',
    at(3, 'ls /nonexistent', 4),
  ],
  [
    'two of them',
    '#!/bin/bash\nlog() { echo "$*"; }\nfail() {\n  log "$*"\n  exit 3\n}\nneed() {\n  command -v "$1" || fail "no $1"\n}\nneed no-such-command',
    { ...at(8, 'command -v "$1"', 3), function: 'need' },
  ],
  [
    'a question',
    '#!/bin/bash\nif ! ls /nonexistent; then\n  echo "there is no list"\n  exit 5\nfi',
    at(2, 'ls /nonexistent', 5),
  ],
  [
    'a block behind ||',
    '#!/bin/bash\nls /nonexistent || {\n  echo "there is no list"\n  exit 5\n}',
    at(2, 'ls /nonexistent', 5),
  ],
  [
    'a question about $?',
    '#!/bin/bash\nls /nonexistent\nif [ $? -ne 0 ]; then\n  echo "there is no list"\n  exit 5\nfi',
    at(2, 'ls /nonexistent', 5),
  ],
  [
    'a question about a command of many lines',
    "#!/bin/bash\n# it's a comment\npython3 -c '\nimport sys\nsys.exit(\"3\")\n'\nrc=$?\nif [ $rc -ne 0 ]; then\n  exit $rc\nfi",
    at(3, "python3 -c '", 1),
  ],
  [
    'a question about a here-document',
    '#!/bin/bash\npython3 - <<PY\nimport sys\nsys.exit("it\'s 3")\nPY\nif [ $? -ne 0 ]; then\n  exit 3\nfi',
    at(2, 'python3 - <<PY', 3),
  ],
  [
    'a question about what was kept behind ||',
    '#!/bin/bash\nset -e\nrc=0\nls /nonexistent || rc=$?\n(( rc == 0 )) || { echo "no list"; exit "$rc"; }',
    at(4, 'ls /nonexistent', 2),
  ],
  ['no question', '#!/bin/bash\necho one\nexit 6', at(3, 'exit 6', 6)],
  [
    'a main function',
    '#!/bin/bash\nmain() {\n  if [ ! -f /nonexistent ]; then exit 7; fi\n  echo\n}\nmain',
    { ...at(3, '[ ! -f /nonexistent ]', 7), function: 'main' },
  ],
  [
    'exit in an EXIT trap',
    '#!/bin/bash\ncleanup() { rc=$?; rm -f /absent; exit $rc; }\ntrap cleanup EXIT\nset -u\necho $nothing',
    {},
  ],
];

const OTHERS: readonly Case[] = [
  [
    'an unset variable',
    '#!/bin/bash\nset -u\necho "$nothing"',
    { how: 'unknown', line: '3', command: 'echo "$nothing"' },
  ],
  ['a syntax error', '#!/bin/bash\nif true; then\n', { how: 'unknown' }],
  [
    'exec of what is not there',
    '#!/bin/bash\nset -e\nexec no-such-command',
    { how: 'unknown', line: '3', command: 'exec no-such-command' },
  ],
  [
    'sh without a command',
    '#!/bin/sh\nset -e\nno-such-command',
    { how: 'unknown', line: '3', command: 'no-such-command' },
  ],
  ['sh', '#!/bin/sh\nset -e\nls /nonexistent', { how: 'unknown', interpreter: 'sh' }],
  ['Python', '#!/usr/bin/env python3\nraise ValueError("no")', { how: 'unknown', interpreter: 'python3' }],
  ['bash -p', '#!/bin/bash -p\nset -e\nls /nonexistent', { how: 'unknown' }],
  ['a signal', '#!/bin/bash\necho one\nkill -KILL $$', { how: 'signal', signal: 'KILL' }],
  ['a status that looks like a signal', '#!/bin/bash\nexit 137', { ...at(2, 'exit 137', 137), how: 'exit' }],
];

describe('facts of a failure: the command that failed', () => {
  test.each(COMMANDS)('%s', async (_what, script, facts) => {
    box.write('etc/rolecall/init/b/prod/web-functions.sh', 'start() {\n  ls /nonexistent\n}\n');
    for (const name of ['part', 'web'])
      box.write(`etc/rolecall/init/b/prod/${name}.sh`, 'echo part\nls /nonexistent\n');
    const failure = await failureOf(script);
    const how = 'line' in facts || 'status' in facts ? 'command' : 'unknown';
    expect(failure.facts).toMatchObject({ how, ...facts });
    if (how === 'command')
      expect(failure.closing).toMatch(`line ${failure.facts['line']} of ${failure.facts['file']}`);
  });
});

test('a script that is not executable is run by bash, and tells as much', async () => {
  const { facts } = await failureOf('set -e\nls /nonexistent', 0o644);
  expect(facts).toMatchObject({ how: 'command', ...at(2, 'ls /nonexistent', 2) });
});

test.each([
  ['an erased line', '\\r\\033[Kfetch: checksum mismatch', 'fetch: checksum mismatch'],
  ['colours', '\\033[1;31mError:\\033[0m no room', 'Error: no room'],
  ['a moved cursor', '\\033[2A\\033[10Gdone', 'done'],
  ['a title', '\\033]0;title\\007named', 'named'],
  [
    'a long line',
    `${'x'.repeat(9000)}} ERROR: no variable db_host; ${'y'.repeat(9000)} end`,
    expect.stringMatching(/^x{120}\.\.\.x+} ERROR: no variable db_host; y+\.\.\.y+ end$/),
  ],
  ['a progress bar', ' 10%%\\r 90%%\\rcut short\\r', 'cut short'],
])('a line is told without its escapes, in its last state: %s', async (_, printed, line) => {
  const { excerpt } = await failureOf(`#!/bin/bash\nprintf '${printed}\\n'\nfalse`);
  expect(excerpt).toEqual([line]);
});

test('output that still comes when the script has ended is in the excerpt', async () => {
  const { facts, excerpt } = await failureOf(
    '#!/bin/bash\nset -e\nexec > >(sleep 0.1; exec cat) 2>&1\necho one\nls /nonexistent',
  );
  expect(facts).toMatchObject({ how: 'command', ...at(5, 'ls /nonexistent', 2) });
  expect(excerpt).toEqual(['one', expect.stringContaining('/nonexistent')]);
});

describe('facts of a failure: the script gave up', () => {
  test.each(EXITS)('%s', async (_what, script, facts) => {
    const { facts: found } = await failureOf(script);
    expect(found).toMatchObject({ how: 'line' in facts ? 'exit' : 'unknown', ...facts });
  });
});

describe('facts of a failure: nothing was noted', () => {
  test.each(OTHERS)('%s', async (_what, script, facts) => {
    const { facts: found } = await failureOf(script);
    expect(found).toMatchObject(facts);
    if (!('command' in facts)) expect(found).not.toHaveProperty('command');
  });
});
