import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { maskForms, sedCommands } from '../../src/masks.ts';
import { eventually } from './bash.ts';
import { LAUNCH } from './box.ts';
import { list, module, StartUpBox, sealed, told } from './start-up.ts';

let box: StartUpBox;
beforeEach(() => {
  box = new StartUpBox();
});
afterEach(() => box.remove());

const LOG = 'var/log/rolecall/module.one.log';

/** A bundle with one module, which gets the variables; all of them are secret. */
const withSecrets = async (script: string, secrets: Readonly<Record<string, string>>, line = 'one 60\n') =>
  await sealed([
    list(line),
    {
      name: 'start-up-bundle/.lib/masks',
      text: sedCommands(maskForms(Object.values(secrets))),
    },
    {
      name: 'start-up-bundle/one/.variables',
      text: Object.entries(secrets)
        .map((pair) => `${pair.join('=')}\0`)
        .join(''),
    },
    module('one', script),
  ]);

/** Starts it. @returns all that came out of it: what it printed, and its logs */
async function started(script: string, secrets: Readonly<Record<string, string>>) {
  const outcome = await box.start({ bundle: await withSecrets(script, secrets) });
  const log = box.read(LOG);
  const all = outcome.stdout + outcome.stderr + log + box.read('var/log/rolecall/start-up.log');
  return { outcome, log, all };
}

const HARD: readonly (readonly [string, string])[] = [
  ['plain', 'hunter2hunter2'],
  ['special to regular expressions', 'a.*b[c]^d$e\\(f\\)|g{1}+?'],
  ['with what sed replaces by', 'left&right\\1/slash'],
  ['with glob characters', '*?[a-z]~!{x,y}'],
  ['with leading dashes', '--e s/x/y/'],
  ['with quotes', `it's "quoted" and \`ticked\` $HOME`],
  ['with an end mark of a here-document', 'END-OF-FILE\nEOF2'],
  ['of other scripts', 'pässwörd-パスワード-🔑'],
  ['with control characters', 'tab\there\u0001and\u007fthere'],
  ['of many lines', '-----BEGIN THING-----\nMIIabc/def+ghi=\n  indented line\n-----END THING-----'],
  ['of lines that end as on Windows', 'first line\r\nsecond line'],
  ['long', Array.from({ length: 90 }, (_, at) => `part${at}.`).join('')],
];

/** Ways in which scripts print a value. */
const PRINTS = [
  'printf "%s\\n" "$secret"',
  'printf "%s" "$secret" >&2',
  'echo "before $secret after"',
  'printf "%q\\n" "$secret"',
  `printf "%s\\n" "\${secret@Q}"`,
  'declare -p secret',
  'env | grep -a -A9 ^secret',
  'set -x; : "$secret" "--password=$secret"; { set +x; } 2>/dev/null',
  'LC_ALL=C; set -x; : "$secret"; { set +x; } 2>/dev/null; unset LC_ALL',
  'printf %s "$secret" | base64; printf %s "$secret" | base64 -w 0; echo',
  'printf "user:%s" "$secret" | base64 -w 0; echo',
  'echo "rolecall: told $secret"',
];

describe('a secret', () => {
  test.each(HARD)('%s is in nothing that comes out, however it is printed', async (_what, secret) => {
    const { outcome, log, all } = await started(`${PRINTS.join('\n')}\necho the cause; exit 3`, { secret });
    expect(told(outcome)).toMatch(/^module\.one \(status 3\): /);
    expect(log).toContain('before [redacted]');
    expect(log).toContain('the cause\n');
    const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
    for (const form of [...lines, ...maskForms([secret])])
      if (form.length >= 4) expect(all.includes(form) ? `shows ${form}` : '').toBe('');
    // Nor most of it, in any quoting.
    const words = lines.flatMap((line) => line.match(/[A-Za-z]{6,}/g) ?? []);
    for (const word of words) expect(all.includes(word) ? `shows ${word}` : '').toBe('');
  });

  test('that is contained in another one does not uncover the rest of it', async () => {
    const { all } = await started('echo "$outer"; echo "$inner"; echo "$inner$outer"; exit 3', {
      inner: 'mid-dle',
      outer: 'outset-mid-dle-outcome',
    });
    expect(all).not.toMatch(/outset|mid-dle|outcome/);
  });

  test('is hidden though it comes in pieces', async () => {
    const script = `for ((i = 0; i < \${#secret}; i++)); do printf %s "\${secret:i:1}"; sleep 0; done; echo; exit 3`;
    const { log } = await started(script, { secret: 'one-after-the-other' });
    expect(log).toBe('[redacted]\n');
  });

  test('of less than four characters stays: it would be found in the middle of words', async () => {
    const { log } = await started('echo "$pin $secret"', { pin: '123', secret: '1234' });
    expect(log).toBe('123 [redacted]\n');
  });
});

describe('a log behind the masks', () => {
  test('is what the module printed: a NUL, an open last line, no line of ours', async () => {
    const { log, outcome } = await started('printf "a\\0b\\n\\n"; printf "rolecall: open end"', {
      secret: 'never',
    });
    expect(log).toBe('a\0b\n\nrolecall: open end\n');
    expect(told(outcome)).toBe('ok module.one');
    expect(outcome.stdout).toContain('rolecall[module.one]: open end\n');
  });

  test('is only for root to read, as is the start-up log; the masks are gone with the values', async () => {
    await started('[[ ! -e $ROLECALL_BUNDLE_DIR/.lib/masks ]]', { secret: 'never-told' });
    for (const name of [LOG, 'var/log/rolecall/start-up.log'])
      expect(statSync(join(box.path, name)).mode & 0o777).toBe(0o600);
    const leftovers = ['.lib/masks', 'one/.variables'].map((name) =>
      join(box.path, `var/lib/rolecall/${LAUNCH}/start-up-bundle`, name),
    );
    expect(leftovers.filter(existsSync)).toEqual([]);
  });

  test('goes on for a daemon that stays, secrets hidden; the start does not wait for it', async () => {
    const script = [
      'bash -c "while [[ ! -e $ROLECALL_BUNDLE_DIR/go ]]; do read -t 0.02 <> <(:) || true; done; echo \\"later \\$secret\\"" &',
      'echo "rolecall: started"',
    ].join('\n');
    const { outcome } = await started(script, { secret: 'daemons-too' });
    expect(told(outcome)).toBe('ok module.one');
    box.write(`var/lib/rolecall/${LAUNCH}/start-up-bundle/go`, '');
    const late = await eventually('its later line', () => /later .*/.exec(box.read(LOG))?.[0]);
    expect(late).toBe('later [redacted]');
  });

  test('takes what is printed while the module still runs', async () => {
    let seen = '';
    const script =
      'echo "rolecall: first"; while [[ ! -e go ]]; do read -t 0.02 <> <(:) || true; done; echo "rolecall: last"';
    await box.start({
      bundle: await withSecrets(script, { secret: 'streaming' }),
      onStdout: (text) => {
        seen += text;
        if (/\]: first/.test(text)) box.write(`var/lib/rolecall/${LAUNCH}/start-up-bundle/one/go`, '');
      },
    });
    expect(seen).toMatch(/\]: first\n[\s\S]*\]: last\n/);
  });

  test('that nothing can be written to is told as the reason', async () => {
    const kill = 'kill -KILL $(pgrep -P $(ps -o ppid= -p $PPID) -x sed); sleep 0; echo text; echo text';
    const outcome = await box.start({
      bundle: await withSecrets(`${kill}; echo; exit 4`, { secret: 'nothing' }),
    });
    expect(told(outcome)).toContain("can't write");
  });

  test('of ten megabytes takes seconds', async () => {
    const script = 'seq -f "line %.0f with some text and $secret" 1 200000';
    const { log, outcome } = await started(script, { secret: 'x'.repeat(20), other: 'y'.repeat(30) });
    expect(told(outcome)).toBe('ok module.one');
    expect(log.length).toBeGreaterThan(8_000_000);
    expect(log).toContain('line 200000 with some text and [redacted]\n');
    expect(log).not.toContain('xxxx');
  });
});
