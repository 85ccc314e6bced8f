import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { serveCommand } from '../../../src/actions/local/installation.ts';
import { startCloudProcess } from '../src/child.ts';
import { systemClock } from '../src/clock.ts';
import { endCloud } from '../src/control/client.ts';
import { call } from '../src/control/connection.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// sudo exits as soon as it has started the cloud; what counts is that the cloud doesn't.
test.each([{ sudo: true }, { sudo: false }])(
  'an ephemeral cloud (through sudo: $sudo) stays until it is closed, and no longer',
  async ({ sudo }) => {
    const cloud = await startCloudProcess({ command: serveCommand(), folder, ephemeral: true, sudo });
    try {
      for (let turn = 0; turn < 20; turn++) {
        expect(await call(cloud.file, 'GET', '')).toMatchObject({ pid: cloud.file.pid, boxes: 0 });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      await cloud.close();
    }
    await expect(fetch(cloud.file.endpoint)).rejects.toThrow();
  },
  30_000,
);

test('a lasting cloud stays up when the process that started it closes its end', async () => {
  const cloud = await startCloudProcess({ command: serveCommand(), folder, ephemeral: false, sudo: false });
  await cloud.close();
  expect(await call(cloud.file, 'GET', '')).toMatchObject({ pid: cloud.file.pid });
  expect(await endCloud(cloud.file, systemClock)).toBe(0);
}, 30_000);
