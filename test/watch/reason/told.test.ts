import { expect, test } from '@jest/globals';
import { readTold } from '../../../src/watch/reason/told.ts';

test('all facts of a failed script are read', () => {
  const texts = {
    interpreter: 'bash',
    script: 'b/prod/bootstrapper.sh',
    path: '/etc/rolecall/init/b/prod/bootstrapper.sh',
    file: 'roles/web.sh',
    function: 'start_web',
    command: 'curl -f http://x/ -o y',
    kernel: 'Out of memory',
    signal: 'KILL',
    limit: '60',
  };
  const facts = Object.entries(texts).map(([name, value]) => `${name} ${value}`);
  const numbers = ['line 7', 'status 22', 'for 31', 'behind 4'];
  expect(readTold(['how command', 'silent yes', ...facts, ...numbers])).toEqual({
    ...{ how: 'command', silent: true, ...texts },
    ...{ line: 7, status: 22, forS: 31, behind: 4 },
  });
});

test('what a box should not say is left out', () => {
  expect(
    readTold(['how else', 'silent no', 'line x', 'status -1', 'for 1234567890', 'file ', 'more 1']),
  ).toEqual({
    ...{ how: 'unknown', silent: false, behind: 0 },
  });
  expect(readTold([])).toBeUndefined();
});
