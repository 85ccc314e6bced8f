import { describe, expect, test } from '@jest/globals';
import { SecretSearch, suspectName } from '../../src/archive/suspects.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const PEM = `-----BEGIN ${'EC'} PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----\n`;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const AGE = `AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2).slice(0, 58)}`;

const foundIn = (...chunks: readonly string[]) => {
  const search = new SecretSearch();
  for (const chunk of chunks) search.feed(Buffer.from(chunk));
  return search.found;
};

describe('the content of a file', () => {
  test.each<[string, string]>([
    ['PEM', PEM],
    ['OpenSSH', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n'],
    ['SSH2', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x\n'],
    ['PGP', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ'],
    ['PuTTY', 'PuTTY-User-Key-File-2: ssh-rsa\n'],
    ['age', `# public key: age1\n${AGE}\n`],
    ['PEM in base64, as CI variables hold it', `key: ${base64(PEM)}\n`],
    ['a kubeconfig', `users:\n- user:\n    client-key-data: ${base64(PEM)}\n`],
  ])('a private key of %s', (_what, text) => {
    expect(foundIn(text)).toBe('holds a private key');
  });

  test.each<[string, string]>([
    ['a certificate', CERTIFICATE],
    ['a certificate in base64', `certificate-authority-data: ${base64(CERTIFICATE)}`],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMFkw\n'],
    ['an age recipient', 'age1qpzry9x8gf2tvdw0s3jn54khce6mua7lqpzry9x8gf2tvdw0s3jn54kh'],
    ['code with private fields', 'self._auth = auth\nself._password = password\n:_authority = 3\n'],
    ['an npmrc that names a variable', `//npm.example.com/:_authToken=\${NPM_TOKEN}\n`],
    ['prose', 'put your PRIVATE KEY----- where AKIA is'],
  ])('not %s', (_what, text) => {
    expect(foundIn(text)).toBeUndefined();
  });

  test.each([
    ['//npm.example.com/:_authToken=npm_0123456789'],
    ['registry=https://x/\n//npm.example.com/team/:_password = "c2VjcmV0"\n'],
    ['//npm.example.com/:_auth=YTpi'],
  ])('credentials of npm: %j', (text) => {
    expect(foundIn(text)).toBe('holds credentials of npm');
  });

  test('over the border of two chunks', () => {
    for (const at of [1, 9, 20]) expect(foundIn(PEM.slice(0, at), PEM.slice(at))).toBe('holds a private key');
  });
});

describe("the command's own credentials", () => {
  const own = [`token-${'x'.repeat(1500)}`, 'a secret of forty characters, more or less'];
  const searched = (...chunks: readonly string[]) => {
    const search = new SecretSearch(own);
    for (const chunk of chunks) search.feed(Buffer.from(chunk));
    return { found: search.found, own: search.foundOwn };
  };
  const FOUND = { found: 'holds the AWS credentials of this command', own: true };

  test('are found whatever stands around them, over borders, and behind another secret', () => {
    const [token = '', key = ''] = own;
    expect(searched(`x${key}y`)).toEqual(FOUND);
    expect(searched(token.slice(0, 700), token.slice(700))).toEqual(FOUND);
    expect(searched(...(token.match(/.{1,100}/g) ?? []))).toEqual(FOUND);
    expect(searched(PEM, key)).toEqual(FOUND);
    expect(searched(token.slice(1))).toEqual({ found: undefined, own: false });
  });
});

test.each<[string, string | undefined]>([
  ['a/.env', 'is an environment file'],
  ['.env.example', undefined],
  ['home/ann/.ssh/id_ed25519', 'is named as a private key of ssh'],
  ['id_ed25519.pub', undefined],
  ['/home/ann/.aws/credentials', 'is named as AWS credentials'],
  ['.aws/sso/cache/0123.json', 'is named as AWS credentials'],
  ['.aws/cli/cache/0123.json', 'is named as AWS credentials'],
  ['.aws/config', undefined],
  ['x.aws/credentials', undefined],
  ['credentials', undefined],
  ['/root/.kube/config', 'is named as Kubernetes credentials'],
  ['kube/config', undefined],
  ['.docker/config.json', 'is named as credentials of Docker'],
  ['.gnupg/private-keys-v1.d/AB.key', 'is named as a private key of PGP'],
  ['.netrc', 'is named as a file of passwords'],
  ['-rf', undefined],
  ['constructor', undefined],
  ['__proto__', undefined],
  ['a\n.env', undefined],
  ['a\n/.env', 'is an environment file'],
])('the name %j %s', (path, why) => {
  expect(suspectName(path)).toBe(why);
});
