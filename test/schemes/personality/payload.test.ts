import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCatalogue } from '../../../src/catalogue/load.ts';
import { resolveRole } from '../../../src/catalogue/resolve.ts';
import type { Role } from '../../../src/catalogue/role.ts';
import { RolecallError } from '../../../src/errors.ts';
import { packageRoot } from '../../../src/files/package-root.ts';
import type { LaunchId, Nonce, PathName } from '../../../src/model.ts';
import { redact } from '../../../src/redact.ts';
import { personalityPayload } from '../../../src/schemes/personality/payload.ts';
import { expectGolden } from '../../support/golden.ts';
import { holds } from '../../support/property.ts';

const RUN = {
  launch: '20260102-030405-1f2e3d' as LaunchId,
  nonce: '00112233445566778899aabbccddeeff' as Nonce,
};
const shipped = readCatalogue(join(packageRoot(), 'roles.yaml'), packageRoot());
const memcached = resolveRole(shipped, { role: 'memcached', environment: 'prod', context: 'b' });

const withPersonality = (personality: Record<string, string>): Role => ({ ...memcached, personality });

/** What any reader of `key=value` lines does: a line splits at its first equals sign. */
const split = (text: string): [string, string][] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);

function refusal(act: () => unknown): { message: string; hint: string | undefined; exit: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof RolecallError) return { message: error.message, hint: error.hint, exit: error.exit };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the payloads of the shipped example, byte for byte', () => {
  const golden = join(packageRoot(), 'test/golden/payload');
  const all = shipped.roles.flatMap(({ name: role }) =>
    shipped.environments.flatMap((environment) =>
      shipped.contexts
        .map((context) => ({ role, environment, context }))
        // What a role with modules has for a payload is tested with its bundle.
        .filter((choice) => resolveRole(shipped, choice).bundle === undefined),
    ),
  );

  test.each(all)('$role in $environment, $context', (choice) => {
    const { text } = personalityPayload(resolveRole(shipped, choice), RUN);
    expectGolden(`payload/${choice.role}-${choice.environment}-${choice.context}`, text);
  });

  test('there is a golden for each of them, and no other', () => {
    expect(readdirSync(golden).sort()).toEqual(
      all.map(({ role, environment, context }) => `${role}-${environment}-${context}`).sort(),
    );
  });
});

describe('a payload', () => {
  test('begins with environment, role and context; the other keys follow in byte order', () => {
    const { text } = personalityPayload(
      withPersonality({ z: '1', a_b: '2', ab: '3', machine_id: 'cache-1', empty: '' }),
      RUN,
    );
    expect(split(text)).toEqual([
      ['environment', 'prod'],
      ['role', 'memcached'],
      ['context', 'b'],
      ['a_b', '2'],
      ['ab', '3'],
      ['empty', ''],
      ['machine_id', 'cache-1'],
      ['rolecall_launch', RUN.launch],
      ['rolecall_nonce', RUN.nonce],
      ['rolecall_timeout', '600'],
      ['z', '1'],
    ]);
  });

  test('tells its size and hash', () => {
    const payload = personalityPayload(memcached, RUN);
    expect(payload).toMatchObject({
      scheme: 'personality',
      bytes: Buffer.byteLength(payload.text),
      sha256: createHash('sha256').update(payload.text).digest('hex'),
    });
  });

  test('takes exactly 16,384 bytes', () => {
    const urls = Object.fromEntries(['a', 'b', 'c'].map((letter) => [`${letter}_url`, 'u'.repeat(4096)]));
    const rest = 16_384 - personalityPayload(withPersonality({ ...urls, d_url: '' }), RUN).bytes;
    expect(personalityPayload(withPersonality({ ...urls, d_url: 'u'.repeat(rest) }), RUN).bytes).toBe(16_384);
    const { message, hint, exit } = refusal(() =>
      personalityPayload(withPersonality({ ...urls, d_url: 'u'.repeat(rest + 1) }), RUN),
    );
    expect(exit).toBe('usage');
    expect(message.split('\n')).toEqual([
      "the payload has 16,385 bytes, 1 over EC2's limit of 16,384; its parts, largest first:",
      '  4,103 bytes  a_url',
      '  4,103 bytes  b_url',
      '  4,103 bytes  c_url',
      `  ${(rest + 8).toLocaleString('en-US')} bytes  d_url`,
      '  48 bytes  rolecall_nonce',
      '  102 bytes  in 5 more',
    ]);
    expect(hint).toContain('shorten or remove');
  });

  test.each([
    [{ role: 'x' }, 'personality.role is set by rolecall itself'],
    [{ rolecall_x: 'x' }, 'personality.rolecall_x is set by rolecall itself'],
    [{ Port: '1' }, '"Port" can\'t be a key of a personality'],
    [{ 'a=b': '1' }, '"a=b" can\'t be a key of a personality'],
    [{ a: 'x\nrole=root' }, "the value of a can't be in a personality"],
    [{ a: '$(reboot)' }, "the value of a can't be in a personality"],
    [{ a: ' x' }, "the value of a can't be in a personality"],
    [{ a: 'x '.repeat(600) }, "the value of a can't be in a personality"],
    [{ a_url: 'http://h/"' }, "the value of a_url can't be in a personality"],
    [{ machine_id: '../etc' }, "the value of machine_id can't be in a personality"],
    [{ a: `AKIA${'IOSFODNN7EXAMPLE'}` }, 'personality.a holds an AWS access key id'],
  ])('refuses %j, with a next step', (personality, message) => {
    const found = refusal(() =>
      personalityPayload(withPersonality(personality as Record<string, string>), RUN),
    );
    expect(found).toMatchObject({ message, exit: 'usage' });
    expect(found.hint).toMatch(/./);
  });

  test('refuses an environment that is no path, wherever it comes from', () => {
    const { message } = refusal(() =>
      personalityPayload({ ...memcached, environment: '../x' as PathName }, RUN),
    );
    expect(message).toBe("the value of environment can't be in a personality");
  });
});

describe('for any personality', () => {
  const RESERVED = /^(?:environment|role|context|machine_id|rolecall_.*)$/;
  const key = fc
    .stringMatching(/^[a-z][a-z0-9_]{0,20}$/)
    .filter((name) => !RESERVED.test(name) && !name.endsWith('_url'));
  const value = fc.stringMatching(/^[A-Za-z0-9._:,/@%+=~-]{0,30}$/);
  const url = fc.stringMatching(/^[A-Za-z0-9._~:/?#@!&()*+,;=%[\]-]{0,60}$/);
  const personality = fc
    .tuple(
      fc.dictionary(key, value, { noNullPrototype: true }),
      fc.dictionary(key, url, { noNullPrototype: true }),
    )
    .map(
      ([plain, urls]): Record<string, string> => ({
        ...plain,
        ...Object.fromEntries(Object.entries(urls).map(([name, text]) => [`${name}_url`, text])),
      }),
    );
  const nonce = fc.stringMatching(/^[0-9a-f]{32}$/) as fc.Arbitrary<Nonce>;

  test('the same input gives the same bytes, in whatever order the keys come', () => {
    holds(
      fc.property(personality, nonce, (keys, secret) => {
        const run = { ...RUN, nonce: secret };
        const backwards = Object.fromEntries(Object.entries(keys).reverse());
        expect(personalityPayload(withPersonality(backwards), run)).toEqual(
          personalityPayload(withPersonality(keys), run),
        );
      }),
    );
  });

  test('a reader that splits at the first equals sign gets back what went in', () => {
    holds(
      fc.property(personality, (keys) => {
        const lines = split(personalityPayload(withPersonality(keys), RUN).text);
        expect(new Set(lines.map(([name]) => name)).size).toBe(lines.length);
        expect(Object.fromEntries(lines)).toEqual({
          ...keys,
          environment: 'prod',
          role: 'memcached',
          context: 'b',
          rolecall_launch: RUN.launch,
          rolecall_nonce: RUN.nonce,
          rolecall_timeout: '600',
        });
      }),
    );
  });

  test('it is within the limit, or refused with its size', () => {
    const size = fc.constantFrom(0, 1, 300, 700, 1024);
    const large = fc.dictionary(
      key,
      size.map((length) => 'v'.repeat(length)),
      {
        minKeys: 5,
        maxKeys: 60,
        size: 'max',
        noNullPrototype: true,
      },
    );
    const TOO_LARGE = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, 'v'.repeat(1024)]));
    let refused = 0;
    holds(
      fc.property(large, (keys) => {
        try {
          const { text, bytes } = personalityPayload(withPersonality(keys), RUN);
          expect(Buffer.byteLength(text)).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(16_384);
        } catch (error) {
          if (!(error instanceof RolecallError)) throw error;
          expect(error.message).toMatch(/^the payload has [\d,]+ bytes, [\d,]+ over/);
          refused += 1;
        }
      }),
      { numRuns: 300, examples: [[TOO_LARGE], [{}]] },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test('redaction never shows the nonce, and keeps every line', () => {
    holds(
      fc.property(personality, nonce, (keys, secret) => {
        const { text } = personalityPayload(withPersonality(keys), { ...RUN, nonce: secret });
        const shown = redact(text);
        expect(shown).not.toContain(secret);
        expect(shown).toContain('\nrolecall_nonce=[redacted]\n');
        expect(split(shown).map(([name]) => name)).toEqual(split(text).map(([name]) => name));
      }),
    );
  });
});
