import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testCloud } from '../../../test/support/local-cloud.ts';
import {
  type CloudFile,
  localFolder,
  makeStateFolder,
  readCloudFile,
  removeCloudFile,
  writeCloudFile,
} from '../src/cloud-file.ts';
import { runningCloud } from '../src/control/client.ts';

const FILE: CloudFile = {
  endpoint: 'http://127.0.0.1:1',
  control: '/nowhere/control.sock',
  mark: '00000000-1.1',
  pid: 4_000_000,
  access_key_id: 'AKIA',
  secret_access_key: 'secret',
  kind: 'scripted',
  started: '2026-01-31T00:00:00.000Z',
};

let state: string;
let folder: string;
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'rolecall-cloud-file-'));
  folder = localFolder(join(state, 'rolecall'));
  await makeStateFolder(folder, undefined);
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

describe('the file of a cloud', () => {
  test('tells how its time runs; a pace that makes no sense is no cloud’s', () => {
    const file = { ...FILE, clock: { origin_ms: 1_763_762_345_000, speed: 50 } };
    writeCloudFile(folder, file, undefined);
    expect(readCloudFile(folder)).toEqual(file);
    writeFileSync(
      join(folder, 'cloud.json'),
      JSON.stringify({ ...FILE, clock: { origin_ms: 1, speed: 0 } }),
      { mode: 0o600 },
    );
    expect(readCloudFile(folder)).toBeUndefined();
  });

  test('is for its user alone, and nothing else is left beside it', () => {
    writeCloudFile(folder, FILE, undefined);
    expect(readCloudFile(folder)).toEqual(FILE);
    expect([folder, join(folder, 'cloud.json')].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600,
    ]);
  });

  test('of two clouds only the first gets it, and only its own cloud takes it away', () => {
    writeCloudFile(folder, FILE, undefined);
    expect(() => writeCloudFile(folder, { ...FILE, endpoint: 'http://127.0.0.1:2' }, undefined)).toThrow(
      'another local cloud came up',
    );
    removeCloudFile(folder, 'http://127.0.0.1:2');
    expect(readCloudFile(folder)).toEqual(FILE);
    removeCloudFile(folder, FILE.endpoint);
    expect(readCloudFile(folder)).toBeUndefined();
  });

  test.each(['', '{', 'null', '[]', '{"endpoint":"http://127.0.0.1:1"}'])(
    'torn (%j) is as good as none',
    (text) => {
      writeFileSync(join(folder, 'cloud.json'), text, { mode: 0o600 });
      expect(readCloudFile(folder)).toBeUndefined();
    },
  );
});

describe('runningCloud', () => {
  test('finds the cloud that answers', async () => {
    await using cloud = await testCloud();
    writeCloudFile(folder, { ...FILE, ...cloud.reach }, undefined);
    expect((await runningCloud(folder))?.about).toMatchObject({
      endpoint: cloud.endpoint,
      kind: 'scripted',
      boxes: 0,
    });
  });

  test('takes away what a dead cloud left behind', async () => {
    writeCloudFile(folder, FILE, undefined);
    expect(await runningCloud(folder)).toBeUndefined();
    expect(readCloudFile(folder)).toBeUndefined();
  });

  test('knows no cloud that has another key', async () => {
    await using cloud = await testCloud();
    writeCloudFile(folder, { ...FILE, ...cloud.reach, secret_access_key: 'another' }, undefined);
    expect(await runningCloud(folder)).toBeUndefined();
    expect(readCloudFile(folder)).toBeUndefined();
  });
});
