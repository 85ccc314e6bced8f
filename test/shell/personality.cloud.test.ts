import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdsAsync } from '../support/property.ts';
import { withBootstrapper } from './bash.ts';
import { NONCE } from './box.ts';

/** What the parser made of one document. */
interface Parsed {
  /** Lines with a fault, from 1; 0 for what is wrong with the document as a whole. */
  readonly faults: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-personality-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the bootstrapper parse each document (one byte a character), all in one bash. */
async function parse(documents: readonly string[]): Promise<Parsed[]> {
  const files = documents.map((document, index) => {
    const file = join(folder, `${index}`);
    writeFileSync(file, document, 'latin1');
    return file;
  });
  const { status, stdout, stderr } = await withBootstrapper(
    `for file; do
       reset_state
       check_user_data "$file"
       if ((\${#FAULTS[@]} == 0)); then parse_personality "$file"; fi
       printf 'document\\n'
       for fault in "\${FAULTS[@]}"; do printf 'fault %s\\n' "$fault"; done
       for key in "\${!PERSONALITY[@]}"; do printf 'value %s=%s\\n' "$key" "\${PERSONALITY[$key]}"; done
     done`,
    files,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .split('document\n')
    .slice(1)
    .map((part) => ({
      faults: lines(part, 'fault '),
      values: Object.fromEntries(lines(part, 'value ').map(splitAtEquals)),
    }));
}

const lines = (text: string, prefix: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length));

const splitAtEquals = (line: string): [string, string] => {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
};

const BASE = 'environment=prod\nrole=web\ncontext=b\n';
const one = async (text: string): Promise<Parsed> => (await parse([text]))[0] ?? { faults: [], values: {} };

describe('what is tolerated', () => {
  test.each([
    ['CRLF', 'environment=prod\r\nrole=web\r\ncontext=b\r\n'],
    ['no final newline', 'environment=prod\nrole=web\ncontext=b'],
    ['blank lines', '\nenvironment=prod\n\n  \t\nrole=web\r\n\r\ncontext=b\n\n'],
    ['comments', '# a\nenvironment=prod\n  # role=db \xc3\xa9\nrole=web\n#\ncontext=b\n'],
    ['any order', 'context=b\nrole=web\nenvironment=prod\n'],
  ])('%s', async (_what, text) => {
    expect(await one(text)).toEqual({
      faults: [],
      values: { environment: 'prod', role: 'web', context: 'b' },
    });
  });

  test.each([
    ['an empty value', 'note=', ''],
    ['further equals signs', 'note=a=b==c', 'a=b==c'],
    ['spaces inside', 'note=a b  c', 'a b  c'],
    ['every ordinary character', 'note=AZaz09 ._:,/@%+=~-x', 'AZaz09 ._:,/@%+=~-x'],
    ['a URL', 'note_url=https://x.example/a?b=c&d=[1]!*(2)#e;f$', undefined],
    ['every URL character', 'note_url=AZaz09._~:/?#@!&()*+,;=%[]-', 'AZaz09._~:/?#@!&()*+,;=%[]-'],
    ['1024 characters', `note=${'x'.repeat(1024)}`, 'x'.repeat(1024)],
    ['1025 characters', `note=${'x'.repeat(1025)}`, undefined],
    ['a URL of 8192 characters', `note_url=${'x'.repeat(8192)}`, 'x'.repeat(8192)],
    ['a URL of 8193 characters', `note_url=${'x'.repeat(8193)}`, undefined],
  ])('%s', async (_what, line, value) => {
    const { faults, values } = await one(`${BASE}${line}\n`);
    if (value === undefined)
      expect(faults).toEqual([expect.stringMatching(/^user data, line 4: the value of note/)]);
    else expect({ faults, value: values['note'] ?? values['note_url'] }).toEqual({ faults: [], value });
  });
});

describe('what is refused, with its line', () => {
  test.each([
    ['role=db', 'line 4: role is given again (first on line 2)'],
    ['just text', 'line 4: expected key=value'],
    ['=x', 'line 4: a key begins'],
    [' note=x', 'line 4: a key begins'],
    ['note =x', 'line 4: a key begins'],
    ['Note=x', 'line 4: a key begins'],
    ['9note=x', 'line 4: a key begins'],
    ['note-1=x', 'line 4: a key begins'],
    [`${'n'.repeat(65)}=x`, 'line 4: a key begins'],
    ['n\xc3\xb6te=x', 'line 4: a key begins'],
    ['note= x', 'line 4: the value of note must not begin or end with a space'],
    ['note=x ', 'line 4: the value of note must not begin or end with a space'],
    ['note=$(id)', 'line 4: the value of note may hold only'],
    ['note=`id`', 'line 4: the value of note may hold only'],
    ['note=a;b', 'line 4: the value of note may hold only'],
    ['note="a"', 'line 4: the value of note may hold only'],
    ['note=a\\b', 'line 4: the value of note may hold only'],
    ['note=a\tb', 'line 4: the value of note may hold only'],
    ['note=a\rb', 'line 4: the value of note may hold only'],
    ['note=\xc3\xa9', 'line 4: the value of note may hold only'],
    ['machine_id=../x', 'line 4: the value of machine_id must begin with a letter or digit'],
    ['machine_id=', 'line 4: the value of machine_id must begin with a letter or digit'],
    [`machine_id=${'x'.repeat(65)}`, 'line 4: the value of machine_id must begin with a letter or digit'],
    ['rolecall_launch=a/b', 'line 4: the value of rolecall_launch must begin with a letter or digit'],
    ['rolecall_nonce=abc', 'line 4: the value of rolecall_nonce must be 32 hex digits'],
    [`rolecall_nonce=${NONCE.toUpperCase()}`, 'line 4: the value of rolecall_nonce must be 32 hex digits'],
    ['note_url=a b', 'line 4: the value of note_url may hold only the characters of a URL'],
    ['note_url=a"b', 'line 4: the value of note_url may hold only the characters of a URL'],
    ['note_url=a|b', 'line 4: the value of note_url may hold only the characters of a URL'],
  ])('%j', async (line, fault) => {
    const { faults } = await one(`${BASE}${line}\n`);
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  test('every missing key', async () => {
    expect((await one('role=web\n')).faults).toEqual([
      'user data has no line environment=...',
      'user data has no line context=...',
    ]);
  });

  test('all faults at once, none of them showing a value', async () => {
    const { faults } = await one(
      'environment=SECRET!\nSECRET\nnote=SECRET!\nrole=a/SECRET\ncontext=b\ncontext=SECRET\n',
    );
    expect(faults).toHaveLength(5);
    expect(faults.join()).not.toContain('SECRET');
  });
});

test('the nonce is no part of the personality, nor is a file at the end of a value run', async () => {
  const { values } = await one(`${BASE}rolecall_launch=l-1\nrolecall_nonce=${NONCE}\n`);
  expect(values).toEqual({ environment: 'prod', role: 'web', context: 'b', rolecall_launch: 'l-1' });
});

// ------------------------------------------------------------------ the same, as a second parser sees it

const PATH_KEYS = ['environment', 'role', 'context', 'machine_id', 'rolecall_launch'];

function goodValue(key: string, value: string): boolean {
  if (PATH_KEYS.includes(key)) return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);
  if (key === 'rolecall_nonce') return /^[0-9a-f]{32}$/.test(value);
  if (key.endsWith('_url')) return value.length <= 8192 && /^[A-Za-z0-9._~:/?#@!&()*+,;=%[\]-]*$/.test(value);
  return value.length <= 1024 && !/^ | $/.test(value) && /^[A-Za-z0-9 ._:,/@%+=~-]*$/.test(value);
}

/** Line numbers of the faults, `missing KEY` and `document`; and the values where there is no fault. */
function reference(text: string): { faults: string[]; values: Record<string, string> } {
  if (text.length > 16_384 || text.includes('\0') || text.startsWith('\x1f\x8b')) {
    return { faults: ['document'], values: {} };
  }
  const seen = new Map<string, string>();
  const faults: string[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (/^[ \t]*(#|$)/.test(line)) return;
    const [key, value] = splitAtEquals(line);
    const wellFormed = line.includes('=') && /^[a-z][a-z0-9_]{0,63}$/.test(key) && !seen.has(key);
    if (!wellFormed || !goodValue(key, value)) faults.push(`${index + 1}`);
    if (wellFormed) seen.set(key, value);
  });
  for (const key of ['environment', 'role', 'context']) if (!seen.has(key)) faults.push(`missing ${key}`);
  seen.delete('rolecall_nonce');
  return { faults, values: Object.fromEntries(seen) };
}

const place = (fault: string): string =>
  /^user data, line (\d+): /.exec(fault)?.[1] ??
  fault.replace(/^user data has no line (\w+)=.*$/, 'missing $1');

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...PATH_KEYS, 'note', 'note_url', 'rolecall_nonce', 'memcached_mb'),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_ -]{0,66}$/) },
);
const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const value = fc.oneof(
  fc.constantFrom('prod', 'web', 'b', '', 'a=b', ' x', 'x ', '../x', NONCE, 'https://x.example/?a=1&b=[2]'),
  fc.stringMatching(/^[A-Za-z0-9 ._:,/@%+=~-]{0,80}$/),
  fc.string({ unit: byte, maxLength: 12 }),
);
const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, value).map(([left, right]) => `${left}=${right}`) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\t', '# comment', ' # x=y', '#') },
  { weight: 1, arbitrary: fc.string({ unit: byte, maxLength: 20 }) },
);
const document = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }),
    fc.boolean(),
  )
  .map(([complete, body, final]) => {
    const text = (complete ? BASE : '') + body.map(([text, end]) => text + end).join('');
    return final ? text : text.trimEnd();
  });

test('agrees with a parser written apart, on thousands of documents', async () => {
  await holdsAsync(
    fc.asyncProperty(fc.array(document, { minLength: 100, maxLength: 100 }), async (documents) => {
      const parsed = await parse(documents);
      documents.forEach((text, index) => {
        const expected = reference(text);
        const found = parsed[index] ?? { faults: [], values: {} };
        const broken = expected.faults[0] === 'document';
        expect({ text, faults: broken ? ['document'] : found.faults.map(place) }).toEqual({
          text,
          faults: expected.faults,
        });
        expect(broken).toBe(
          found.faults.length === 1 && place(found.faults[0] ?? '').startsWith('user data '),
        );
        if (expected.faults.length === 0)
          expect({ text, ...found }).toEqual({ text, faults: [], values: expected.values });
      });
    }),
    { numRuns: 30 },
  );
}, 240_000);
