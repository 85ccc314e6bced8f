import { expect, test } from '@jest/globals';
import { tellsWhy } from '../../../src/watch/reason/trail.ts';

test.each([
  '{"level":"fatal","msg":"no such host"}',
  'time=22:00 level=fatal msg="bind failed"',
  "error: 'port' is not a number",
  'FATAL ERROR: Reached heap limit',
  "cp: cannot stat 'x': No such file or directory",
  'setup.sh: line 12: memcachd: command not found',
  'E: Unable to locate package x',
  'ValueError: invalid literal',
  'No disk at x.pl line 4.',
  '2026/11/21 22:00:00 [emerg] 12#12: bind() to 0.0.0.0:80 went wrong',
  'Main.java:3:5: something else',
  'npm ERR! code ELIFECYCLE',
  '[ERROR] COMPILATION ERROR',
  '2026-11-27T03:00:00Z [ERROR] Aborting the server',
  'Setup of the cache: connection refused',
])('%s: the reason is in it', (line) => {
  expect(tellsWhy(line)).toBe(true);
});

test.each([
  'Deployment did not work',
  'setup: failed after 3 attempts: connection refused',
  'deploy: giving up',
  'deploy: failed',
  'deploy: stopping, see above',
])('%s: the reason stands before it', (line) => {
  expect(tellsWhy(line)).toBe(false);
});
