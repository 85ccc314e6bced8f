import { describe, expect, test } from '@jest/globals';
import { checkSecrets, type Finding } from '../../src/bundle/refuse.ts';
import { RolecallError } from '../../src/errors.ts';

const AT = { source: { kind: 'file', file: 'roles.yaml', line: 1, column: 1 }, length: 1 } as const;
const finding = (path: string, more: Partial<Finding> = {}): Finding => ({
  ...{ path, why: 'holds a private key', at: AT },
  ...more,
});
const OWN = finding('bee/.env', { own: true, why: 'holds the AWS credentials of this command' });

function refused(findings: readonly Finding[], permitted: readonly string[] = []): string {
  try {
    checkSecrets(findings, permitted, { noun: 'the bundle of web' });
    return 'nothing';
  } catch (error) {
    if (error instanceof RolecallError) return `${error.message}\n${error.hint}`;
    throw error;
  }
}

describe('what looks like a secret', () => {
  test('is refused, and the options that would let it in are named', () => {
    expect(refused([finding('bee/a'), finding('bee/b')])).toBe(
      "the bundle of web can't be packed:\n  bee/a holds a private key\n  bee/b holds a private key\n" +
        'if they may be on every machine: --allow-secret bee/a --allow-secret bee/b',
    );
  });

  test('is let in by its path, as a role or as bundle open writes it', () => {
    expect(refused([finding('bee/a'), finding('bee/b')], ['bee/a', 'start-up-bundle/bee/b'])).toBe('nothing');
  });

  test('of the command’s own is never let in', () => {
    const message =
      "the bundle of web can't be packed:\n  bee/.env holds the AWS credentials of this command\n";
    expect(refused([OWN], ['bee/.env'])).toBe(`${message}take them out of the role: no option lets these in`);
    expect(refused([OWN, finding('bee/a')])).toContain('--allow-secret bee/a');
    expect(refused([OWN, finding('bee/a')])).not.toContain('--allow-secret bee/.env');
  });

  test('a permission that nothing needs is refused', () => {
    expect(refused([], ['bee/a'])).toContain(
      '--allow-secret bee/a: nothing in the bundle of web by that path looks like a secret',
    );
  });
});
