import { describe, expect, test } from '@jest/globals';
import { valueFindings } from '../../src/bundle/value-secrets.ts';
import type { BundleSettings, VariableValue } from '../../src/catalogue/role.ts';
import { markAt, moduleOf, usesOf } from './support.ts';

const PEM = `-----BEGIN ${'PRIVATE'} KEY-----\nMC4CAQA\n-----END PRIVATE KEY-----`;
const ID = `AKIA${'IOSFODNN7EXAMPLE'}`;
const FORTY = `wJalrXUtnFEMI/K7MDENG/${'bPxRfiCYEXAMPLEKEY'}`;
const OWN = `${FORTY.slice(1)}x`;

const INHERITED: Readonly<Record<string, VariableValue>> = Object.fromEntries([
  ['constructor', { from: 'env', name: 'PATH', at: markAt(8) }],
]);

const moduleWith = (name: string, secret: boolean) =>
  moduleOf(name, {
    variables: { the_key: { description: 'x', type: 'string', required: false, secret } },
  });

/** What is found in the value of `the_key`, which two modules get. */
function found(text: string, ...declared: readonly boolean[]) {
  const modules = declared.map((secret, index) => moduleWith(`m${index}`, secret));
  const settings: BundleSettings = {
    modules: usesOf(...modules.map(({ name }) => name)),
    variables: {
      the_key: { from: 'env', name: 'IT', at: markAt(7) },
      // Another module's, in a layer that roles share.
      ...INHERITED,
    },
    files: {},
    compression: 'gzip',
    access: 'presigned',
    expiresMs: 1,
  };
  const values = new Map(modules.map(({ name }) => [name, [['the_key', text] as const]]));
  return valueFindings(settings, modules, values, [OWN]).map(({ path, why, own, declare, at }) => ({
    path,
    why,
    line: at.source.kind === 'file' && at.source.line,
    ...(own && { own }),
    ...(declare !== undefined && { declare }),
  }));
}

const finding = (why: string, more = {}) => [{ path: 'variables.the_key', why, line: 7, ...more }];

describe('a value', () => {
  test('that is a private key must be declared as secret by all that get it', () => {
    expect(found(PEM, false)).toEqual(finding('holds a private key', { declare: 'the_key' }));
    expect(found(PEM, true)).toEqual([]);
    expect(found(PEM, true, false)).toEqual(finding('holds a private key', { declare: 'the_key' }));
  });

  test('with AWS keys is one though it is declared as secret', () => {
    for (const declared of [true, false]) {
      expect(found(`x ${ID}`, declared)).toEqual(finding('holds an AWS access key id'));
      expect(found(`{"SecretAccessKey": "${FORTY}"}`, declared)).toEqual(
        finding('holds an AWS secret access key'),
      );
    }
  });

  test('that has the shape of one is taken where it is declared: passwords have it, too', () => {
    expect(found(FORTY, true)).toEqual([]);
    expect(found(FORTY, false)).toEqual(finding('holds an AWS secret access key'));
  });

  test('with the secrets of the command itself is told as these, whatever is declared, and stands in no text', () => {
    for (const declared of [true, false]) {
      const said = found(`[default]\nkey=${OWN}`, declared);
      expect(said).toEqual(finding('holds the AWS credentials of this command', { own: true }));
      expect(JSON.stringify(said)).not.toContain(OWN);
    }
  });

  test('that is plain is nothing', () => {
    expect(found('hunter2', false)).toEqual([]);
  });
});
