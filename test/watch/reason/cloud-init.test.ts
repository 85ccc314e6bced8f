/** cloud-init's warning about a personality stands on every console of scheme A, and in what `cloud-init status` prints. */
import { describe, expect, test } from '@jest/globals';
import { reasonOf } from '../../../src/watch/reason/reason.ts';
import { readTold } from '../../../src/watch/reason/told.ts';

const TOLD = readTold(['how command', 'interpreter bash', 'file b/bootstrapper.sh', 'line 7', 'status 1']);
const errorOf = (...lines: string[]) => reasonOf({ step: 'init', status: 1, told: TOLD, lines }).error;

const WARNINGS = [
  "2026-11-27 21:48:05,702 - __init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'environment=prod'...'",
  "__init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'role=error-pages'...'",
  "[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'environment=failed'...'",
  "2026-11-27 21:48:05,702 - __init__.py[WARNING]: Unhandled unknown content-type (text/plain) userdata: 'b'fatal=1'...'",
];

describe.each(WARNINGS)('%s', (warning) => {
  test('is not the reason where nothing else speaks of an error', () => {
    expect(errorOf('waiting for the database', warning)).not.toContain('Unhandled');
  });

  test('is not the reason beside an error', () => {
    expect(errorOf('E: Unable to locate package nope', warning)).toBe('E: Unable to locate package nope');
  });
});

test('another warning of cloud-init still explains what nothing else does', () => {
  const line = 'util.py[WARNING]: Failed to install packages: [nope]';
  expect(errorOf('waiting for the database', line)).toBe(line);
});
