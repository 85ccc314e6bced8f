import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudError, type CloudErrorKind } from '@rolecall/local-cloud';
import { readFaults, requestsOf, translated } from '../../../src/actions/local/gateway.ts';
import { AwsError, ConflictError, type ExitName, RolecallError, UsageError } from '../../../src/errors.ts';

type ErrorClass = abstract new (...args: never[]) => RolecallError;

/** What each kind of the cloud's errors becomes. */
const BECOMES: Readonly<Record<CloudErrorKind, readonly [class_: ErrorClass, exit: ExitName]>> = {
  usage: [UsageError, 'usage'],
  conflict: [ConflictError, 'conflict'],
  failed: [RolecallError, 'failed'],
  silent: [RolecallError, 'aws'],
  gone: [AwsError, 'aws'],
  refused: [AwsError, 'aws'],
  internal: [RolecallError, 'internal'],
};

describe('an error of the local cloud becomes one of rolecall’s, with the same message and hint', () => {
  test.each(Object.entries(BECOMES))('%s', (kind, [class_, exit]) => {
    const error = new CloudError(kind as CloudErrorKind, 'it is so', { hint: 'do that' });
    const became = translated(error);
    expect(became).toBeInstanceOf(class_);
    expect(became).toMatchObject({ message: 'it is so', hint: 'do that', exit, cause: error });
    expect(became.name).toBe(class_.name);
  });
});

describe('the calls of the local cloud', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolecall-gateway-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a wrong faults file is wrong usage', async () => {
    const path = join(folder, 'faults.yaml');
    writeFileSync(path, 'sede: 1\n');
    const refused = readFaults(path);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(`${path}:1:1: unknown key "sede"`);
  });

  test('a faults file that is not there says what to name', async () => {
    const path = join(folder, 'none.yaml');
    await expect(readFaults(path)).rejects.toMatchObject({
      exit: 'usage',
      message: `${path} can't be read: no such file or directory`,
      hint: 'give the path of a faults file to --faults',
    });
  });

  test('a cloud that is gone is out of reach, as AWS would be', async () => {
    const cloud = {
      ...{ endpoint: 'http://127.0.0.1:1', control: join(folder, 'none.sock'), pid: 4_000_000 },
      ...{ mark: '', access_key_id: 'a', secret_access_key: 'b', kind: 'simulated', started: '' },
    } as const;
    const gone = requestsOf(cloud);
    await expect(gone).rejects.toBeInstanceOf(AwsError);
    await expect(gone).rejects.toMatchObject({
      exit: 'aws',
      message: expect.stringMatching(/process 4000000\) at http:/),
    });
  });
});
