import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdsAsync } from '../support/property.ts';
import { withBootstrapper } from './bash.ts';
import { events, LAUNCH, marks, NONCE } from './box.ts';
import { INSTANCE_ID } from './metadata-server.ts';

const reply = async (script: string, args: readonly string[] = []): Promise<string> => {
  const { status, stdout, stderr } = await withBootstrapper(`${script}; printf '%s' "$REPLY"`, args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
};

describe('mac_of', () => {
  const body = 'launch-7 0a1b2c3d 1 1763762345.123 begin personality 0.1.0';
  const expected = createHash('sha256').update(`${NONCE}|${INSTANCE_ID}|${body}`).digest('hex').slice(0, 16);

  test('is the first 16 hex digits of SHA-256 over nonce, instance id and body, with bars between', async () => {
    expect(await reply('NONCE=$1 INSTANCE_ID=$3; mac_of "$2"', [NONCE, body, INSTANCE_ID])).toBe(expected);
  });

  test('is the same from openssl', async () => {
    const hidden = 'hash() { [[ $1 != sha256sum ]]; }; sha256sum() { exit 1; }';
    expect(await reply(`${hidden}; NONCE=$1 INSTANCE_ID=$3; mac_of "$2"`, [NONCE, body, INSTANCE_ID])).toBe(
      expected,
    );
  });
});

describe('markers before user data is read', () => {
  test('wait, and are printed with the time they were made once the nonce is known', async () => {
    const { stdout } = await withBootstrapper(
      `RUN=0a1b2c3d; mark 'begin personality'; mark 'start metadata'; echo silence
       LAUNCH=$1 NONCE=$2 INSTANCE_ID=$3; settle_signer known; mark 'end metadata 0 1'`,
      [LAUNCH, NONCE, INSTANCE_ID],
    );
    expect(stdout.startsWith('silence\n')).toBe(true);
    expect(events(stdout)).toEqual(['begin personality', 'start metadata', 'end metadata 0 MS']);
    expect(marks(stdout).map(({ seq, signed }) => [seq, signed])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
  });

  test('are dropped without a nonce, all but a failed verdict', async () => {
    const { stdout } = await withBootstrapper(
      `RUN=0a1b2c3d; mark 'begin personality'; settle_signer none; mark 'start init'
       give_verdict 'ok init 0 1'; give_verdict 'failed init 7 1'`,
    );
    expect(marks(stdout).map(({ launch, seq, event }) => [launch, seq, event])).toEqual(
      Array.from({ length: 3 }, () => ['-', 1, 'verdict failed init 7 1']),
    );
  });
});

describe('time', () => {
  test('a clock set back gives no negative duration', async () => {
    expect(await reply('now_ms; ms_since $((REPLY + 60000))')).toBe('0');
    // Set ahead from 1970: no marker has room for fifty years.
    expect(await reply('ms_since 5')).toBe('0');
  });

  test('a locale with a decimal comma changes nothing', async () => {
    const text = await reply('unset EPOCHREALTIME; EPOCHREALTIME=1763762345,123456; now_ms');
    expect(text).toBe('1763762345123');
  });
});

describe('harmless', () => {
  test.each([
    ['colours', 'a\x1b[1;31mb\x1b[0m', 'ab'],
    ['another escape', '\x1b]0;title\x07', '?]0;title?'],
    ['control characters', 'a\tb\x01c\x08d\x7f', 'a b?c?d?'],
    ['a line that was written over', '10%\r20%\r100% done\r', '100% done'],
    ['a marker', 'x<<rc2 y>>', 'x< <rc2 y>>'],
    ['a marker hidden by what is taken out', '<\x1b[0m<rc2 y', '< <rc2 y'],
    ['the nonce', `x${NONCE}y`, 'x[nonce]y'],
    ['a long line', `${'x'.repeat(300)}${'y'.repeat(300)}`, `${'x'.repeat(266)}...${'y'.repeat(133)}`],
    ['one that would take minutes', `${'x'.repeat(2e4)}y`, `${'x'.repeat(266)}...${'x'.repeat(132)}y`],
    ['UTF-8', Buffer.from('é').toString('latin1'), Buffer.from('é').toString('latin1')],
    ['patterns', '* ? [a-z] \\ & $x `y`', '* ? [a-z] \\ & $x `y`'],
  ])('%s', async (_what, text, expected) => {
    const bytes = [...Buffer.from(text, 'latin1')]
      .map((code) => `\\x${code.toString(16).padStart(2, '0')}`)
      .join('');
    expect(await reply('MASKS[nonce]=$1; harmless "$(printf \'%b\' "$2")"', [NONCE, bytes])).toBe(expected);
  });

  test('never lets a marker or a control character through', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<<rc2',
        '<',
        '<<',
        'rc2',
        '\x1b[',
        '\x1b[0m',
        'm',
        '\t',
        '\r',
        '>>',
        NONCE,
        NONCE.slice(0, 16),
      ),
      fc.string({ maxLength: 4 }).filter((text) => !text.includes('\0')),
    );
    const texts = fc.array(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      {
        minLength: 200,
        maxLength: 200,
      },
    );
    await holdsAsync(
      fc.asyncProperty(texts, async (all) => {
        const { stdout } = await withBootstrapper(
          'MASKS[nonce]=$1; shift; for text; do harmless "$text"; printf "%s\\n" "$REPLY"; done',
          [NONCE, ...all],
        );
        const lines = stdout.split('\n');
        expect(lines).toHaveLength(all.length + 1);
        expect(stdout).not.toContain('<<rc2');
        expect(stdout).not.toContain(NONCE);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
      }),
      { numRuns: 10 },
    );
  });
});
