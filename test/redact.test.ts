import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blackOut, findSecret, redact, soundsSecret } from '../src/redact.ts';
import { anyCharacter, holds } from './support/property.ts';

const ID = `AKIA${'IOSFODNN7EXAMPLE'}`;
const SECRET = `wJalrXUtnFEMI/K7MDENG/${'bPxRfiCYEXAMPLEKEY'}`;

describe('findSecret', () => {
  test.each([
    [ID, '', 'an AWS access key id'],
    [`key ${ID}.`, '', 'an AWS access key id'],
    [`X${ID}`, '', undefined],
    [`${ID}X`, '', undefined],
    [SECRET, 'aws_secret', 'an AWS secret access key'],
    [SECRET, 'digest', undefined],
    [`password=${SECRET}`, '', 'an AWS secret access key'],
    ['0123456789abcdef0123456789abcdef01234567', 'key', undefined],
    ['-----BEGIN PRIVATE KEY-----', '', 'a private key'],
    ['-----BEGIN PUBLIC KEY-----', 'key', undefined],
    ['', 'secret', undefined],
  ])('%j under %j: %j', (value, name, kind) => {
    expect(findSecret(value, name)).toBe(kind);
  });
});

test.each([
  'rolecall_nonce',
  'db_password',
  'api-key',
  'X-Amz-Security-Token',
  'Policy',
  'AWSAccessKeyId',
  'key',
  'Authorization',
])('%s sounds secret', (name) => {
  expect(soundsSecret(name)).toBe(true);
});

test.each(['key_name', 'http_tokens', 'monkey', 'keyboard', 'rolecall_build_sha256', 'compass'])(
  '%s does not',
  (name) => {
    expect(soundsSecret(name)).toBe(false);
  },
);

describe('redact', () => {
  test.each([
    ['rolecall_nonce=00112233445566778899aabbccddeeff', 'rolecall_nonce=[redacted]'],
    ['db_password=two words', 'db_password=[redacted]'],
    ['+ rolecall_nonce=0011 next', '+ rolecall_nonce=[redacted] next'],
    ['GET http://h/?a=1&X-Amz-Signature=ab12&b=2', 'GET http://h/?a=1&X-Amz-Signature=[redacted]&b=2'],
    [
      'u_url=http://h/?X-Amz-Credential=x/y&X-Amz-Security-Token=z',
      'u_url=http://h/?X-Amz-Credential=[redacted]&X-Amz-Security-Token=[redacted]',
    ],
    ['{"policy": "eyJ4", "x": 1}', '{"policy": [redacted], "x": 1}'],
    ['{a: 1, db_password: hunter2, b: 2}', '{a: 1, db_password: [redacted], b: 2}'],
    ['note: see token: abc', 'note: see token: [redacted]'],
    ['authorization: Bearer abc', 'authorization: [redacted]'],
    ['http://user:pass@host/path', 'http://[redacted]@host/path'],
    [`found ${ID}.`, 'found [redacted].'],
    [`found ${SECRET}.`, 'found [redacted].'],
    [
      'a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb',
      'a\n[redacted]\n[redacted]\n[redacted]\nb',
    ],
    ['-----BEGIN PRIVATE KEY-----\ncut off', '[redacted]\n[redacted]'],
  ])('%j', (text, hidden) => {
    expect(redact(text)).toBe(hidden);
  });

  test.each([
    'environment=prod\nrole=memcached\ncontext=b\nmemcached_mb=128\nrolecall_launch=ci-1-2\n',
    'rolecall_build_sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'commit 0123456789abcdef0123456789abcdef01234567',
    'ERROR Bootstrapping failed at step init (status 3): no such file',
    'Error reading key: No such file or directory',
    'invalid token: not found',
    'could not retire web1.key: No such file or directory at /srv/rotate.pl line 19.',
    'client secret: Permission denied (publickey)',
    'SECRET=$(openssl rand -hex 16)',
    'TOKEN="$(cat /run/token)"',
    'PASSWORD=$DB_PASSWORD',
    'http://127.0.0.1:4566/bucket/key?list-type=2',
  ])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  test.each([
    'password: permission-denied-7',
    'SECRET=$1x',
    'password: correct horse battery',
    'api_key: abc123',
    'authorization: Bearer abc',
  ])('does not take %j for a sentence', (text) => {
    expect(redact(text)).toContain('[redacted]');
  });

  test('keeps lines lines, in any text', () => {
    holds(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        expect(redact(text).split('\n')).toHaveLength(text.split('\n').length);
      }),
    );
  });

  test('blackOut keeps every position, in any text', () => {
    const piece = fc.oneof(
      fc.constantFrom('secret=', 'token: ', '"', '\n', ID, SECRET, ' ', '&', 'https://a:b@'),
      fc.string(),
    );
    holds(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(blackOut(text)).toHaveLength(text.length);
      }),
    );
  });

  test("leaves the shell's working folder, which sounds like a password", () => {
    expect(redact('PWD=/etc/rolecall/init/b\nOLDPWD=/\npwd=hunter2')).toBe(
      'PWD=/etc/rolecall/init/b\nOLDPWD=/\npwd=[redacted]',
    );
  });

  test('never lets a named secret through, whatever stands around it', () => {
    const around = fc.string({ unit: fc.constantFrom(...'ab1 ={}:,"\'&?/\n_-.'.split('')), maxLength: 40 });
    const name = fc.constantFrom('rolecall_nonce', 'password', 'X-Amz-Signature', 'policy');
    holds(
      fc.property(around, name, around, (before, key, after) => {
        expect(redact(`${before} ${key}=SeNtInEl9 ${after}`)).not.toContain('SeNtInEl9');
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  'start-up.sh: line 3: db_password: unbound variable',
  'line 9: api_token: parameter null or not set',
  '/etc/app/secret_key: Permission denied',
])('what a shell says of a name is no secret: %s', (line) => {
  expect(redact(line)).toBe(line);
});

test('words after a name that no shell says are hidden', () => {
  expect(redact('db_password: unbound variable xyzzy')).toBe('db_password: [redacted]');
});
