import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CloudError } from '../../src/errors.ts';
import { requireVmPrograms } from '../../src/vm/programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const install = (...names: string[]) => {
  for (const name of names) {
    writeFileSync(join(folder, name), '#!/bin/sh\n');
    chmodSync(join(folder, name), 0o755);
  }
};

const refusal = (): CloudError => {
  try {
    requireVmPrograms(`/nowhere:${folder}`);
  } catch (error) {
    if (error instanceof CloudError) return error;
    throw error;
  }
  throw new Error('nothing was missing');
};

test('names every program that is missing, and the packages to install', () => {
  install('setpriv', 'socat');
  const { message, hint } = refusal();
  expect(message).toBe('--boxes vm needs qemu-system-x86_64, qemu-img, which are not installed');
  expect(hint).toBe('apt-get install --no-install-recommends qemu-system-x86 qemu-utils');
});

test('a program that can not be run counts as missing', () => {
  install('setpriv', 'socat', 'qemu-system-x86_64', 'qemu-img');
  requireVmPrograms(folder);
  chmodSync(join(folder, 'socat'), 0o644);
  expect(refusal().message).toBe('--boxes vm needs socat, which is not installed');
});
