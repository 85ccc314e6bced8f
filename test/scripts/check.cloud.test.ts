import { describe, expect, test } from '@jest/globals';
import { checkScripts } from '../../src/scripts/check.ts';
import type { Start } from '../../src/scripts/script.ts';

const signal = new AbortController().signal;

async function check(text: string | Buffer, start: Start = 'executed') {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return await checkScripts([{ file: 'init/b/bootstrapper.sh', bytes, start }], signal);
}

const GOOD = '#!/bin/bash\nset -euo pipefail\necho "rolecall: ready"\n';

describe('scripts that can’t work', () => {
  test.each<[string, string | Buffer, Start, number, RegExp]>([
    ['an if without its end', `${GOOD}if true; then\n  echo\n`, 'executed', 5, /unexpected end of file/],
    ['a quote without its end', `${GOOD}echo "a\n\n\n`, 'module', 4, /unexpected EOF/],
    ['a bracket too many', `${GOOD}f() {\n  echo )\n}\n`, 'by bash', 5, /unexpected token/],
    ['sh', '#!/bin/sh\nset -e\nf() {\n  echo\n', 'executed', 4, /unexpected end of file/],
    [
      'a here-document without its end',
      `${GOOD}if true; then\n  cat <<EOF\nx\n`,
      'module',
      6,
      /unexpected end of file/,
    ],
    ['CRLF everywhere', GOOD.replaceAll('\n', '\r\n'), 'module', 1, /CRLF/],
    ['CRLF on one line', GOOD.replace('ready"\n', 'ready"\r\n'), 'executed', 3, /CRLF/],
    ['a BOM', `\uFEFF${GOOD}`, 'executed', 1, /byte order mark/],
    ['a BOM in a module', `\uFEFF${GOOD}`, 'module', 1, /byte order mark/],
    ['no #! line', 'set -e\necho\n', 'executed', 1, /no #! line/],
    [
      'an interpreter of a workstation',
      GOOD.replace('/bin/bash', '/opt/homebrew/bin/bash'),
      'executed',
      1,
      /no AMI has/,
    ],
    ['a relative interpreter', GOOD.replace('/bin/bash', 'bin/bash'), 'executed', 1, /no AMI has/],
    [
      'env with two words',
      GOOD.replace('/bin/bash', '/usr/bin/env bash -e'),
      'executed',
      1,
      /named "bash -e"/,
    ],
    ['a #! line with nothing', GOOD.replace('/bin/bash', ''), 'executed', 1, /without an interpreter/],
    ['Python that isn’t executable', '#!/usr/bin/python3\nprint(1)\n', 'by bash', 1, /isn't executable/],
    ['Python as a module', '#!/usr/bin/env python3\nprint(1)\n', 'module', 1, /run by bash/],
    ['Latin-1', Buffer.from(`${GOOD}# sch\xf6n\n`, 'latin1'), 'executed', 4, /not UTF-8/],
    ['a NUL', `${GOOD}echo \0\n`, 'executed', 4, /NUL/],
    ['nothing', '\n', 'module', 1, /empty/],
  ])('%s', async (_what, text, start, line, message) => {
    const { faults, notes } = await check(text, start);
    expect(faults).toEqual([
      expect.objectContaining({
        file: 'init/b/bootstrapper.sh',
        line,
        message: expect.stringMatching(message),
      }),
    ]);
    expect(notes).toEqual([]);
  });

  test('one that can’t be read', async () => {
    const { faults } = await checkScripts([{ file: 'x.sh', bytes: undefined, start: 'module' }], signal);
    expect(faults).toEqual([expect.objectContaining({ file: 'x.sh', message: "can't be read" })]);
  });

  test('several at once, in their order', async () => {
    const scripts = Array.from({ length: 20 }, (_, index) => ({
      file: `${index}.sh`,
      bytes: Buffer.from(`${GOOD}fi\n`),
      start: 'module' as const,
    }));
    const { faults } = await checkScripts(scripts, signal, 'faults');
    expect(faults.map(({ file }) => file)).toEqual(scripts.map(({ file }) => file));
  });
});

describe('scripts that can work', () => {
  test.each<[string, string, Start]>([
    ['bash', GOOD, 'executed'],
    ['bash through env', GOOD.replace('/bin/bash', '/usr/bin/env bash'), 'executed'],
    ['env -S', GOOD.replace('/bin/bash', '/usr/bin/env -S bash -e'), 'executed'],
    ['sh', '#!/bin/sh\nset -e\necho\n', 'executed'],
    ['Python', '#!/usr/bin/env python3\nif True:\n    print(1)\n', 'executed'],
    ['another interpreter of the AMI', '#!/opt/app/bin/runner\nx\n', 'executed'],
    ['no #! line, run by bash', 'set -e\necho\n', 'by bash'],
    ['a carriage return in a string', `${GOOD}printf 'a\\r\\n'\n`, 'executed'],
    [
      'extended patterns',
      `#!/bin/bash\nset -e\nshopt -s extglob\ncase $1 in @(a|b)) echo ;; esac\n`,
      'executed',
    ],
    ['UTF-8', `${GOOD}# schön\n`, 'executed'],
  ])('%s', async (_what, text, start) => {
    expect(await checkScripts([{ file: 'x.sh', bytes: Buffer.from(text), start }], signal, 'faults')).toEqual(
      {
        faults: [],
        notes: [],
      },
    );
  });

  test('a program is no script', async () => {
    const bytes = Buffer.from('\x7fELF\x02\x01\x00\xff', 'latin1');
    expect(await check(bytes)).toEqual({ faults: [], notes: [] });
  });
});

describe('notes', () => {
  const noted = async (text: string) =>
    (await check(text)).notes.map(({ line, message }) => `${line} ${message}`);

  test.each<[string, string, readonly string[]]>([
    ['no errexit', '#!/bin/bash\necho\n', ['1 goes on']],
    ['errexit in the #! line', '#!/bin/bash -e\necho\n', []],
    ['errexit among others', '#!/bin/bash\nset -Eeuo pipefail\necho\n', []],
    ['errexit by name', '#!/bin/bash\nset -o nounset -o errexit\necho\n', []],
    ['curl', `${GOOD}curl -sSL https://example.com -o /tmp/x\n`, ['4 takes an error page']],
    ['curl over lines', `${GOOD}curl -sSL \\\n  --fail https://example.com -o /tmp/x\n`, []],
    ['curl with -f among others', `${GOOD}curl -fsSL https://example.com | tee x\n`, []],
    ['curl in a comment and in a here-document', `${GOOD}# curl x\ncat <<END\ncurl x\nEND\n`, []],
    ['curl is asked for', `${GOOD}command -v curl >/dev/null\n`, []],
    ['apt-get', `${GOOD}apt-get install nginx\n`, ['4 waits for an answer']],
    ['apt-get -y', `${GOOD}apt-get -y install nginx\napt-get install -qqy nginx\n`, []],
    ['apt-get update', `${GOOD}apt-get update\n`, []],
    [
      'what the script says it means',
      '#!/bin/bash\n# rolecall: ignore errexit, apt-get\napt-get install x\n',
      [],
    ],
  ])('%s', async (_what, text, expected) => {
    const notes = (await noted(text)).filter((note) => !/\(SC\d+\)$/.test(note));
    expect(notes).toEqual(expected.map((start) => expect.stringMatching(new RegExp(`^${start}`))));
  });

  test('nothing of variables and files that the machine has', async () => {
    expect(await noted(`${GOOD}source "$ROLECALL_LIB"\necho "$web_port" "${'$'}{role:?}"\n`)).toEqual([]);
  });

  test('what shellcheck finds', async () => {
    expect(
      await noted(`${GOOD}cd /tmp || exit 1\nrm -rf "$nothing/"*\nfor f in $(ls *.x); do echo "$f"; done\n`),
    ).toEqual(expect.arrayContaining([expect.stringMatching(/^\d+ .*\(SC\d{4}\)$/)]));
  });
});
