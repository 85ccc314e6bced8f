import { expect, test } from '@jest/globals';
import { reasonOf } from '../../../src/watch/reason/reason.ts';
import { readTold } from '../../../src/watch/reason/told.ts';

const errorOf = (command: string, ...lines: string[]) => {
  const told = readTold([
    'how exit',
    'interpreter bash',
    'file x.sh',
    'line 7',
    'status 1',
    `command ${command}`,
  ]);
  return reasonOf({ step: 'init', status: 1, told, lines }).error;
};
const REFUSED = 'curl: (7) Failed to connect to 10.0.0.1 port 80: Connection refused';

test('of a script that exits, the message of the command before is the reason', () => {
  expect(errorOf('curl -f http://10.0.0.1/', 'Starting nginx', REFUSED, 'no mirror')).toBe(REFUSED);
});

test('where it went on behind that message, what it said in the end is', () => {
  expect(errorOf('curl -f http://10.0.0.1/', REFUSED, 'Starting nginx', 'no port is set')).toBe(
    'no port is set',
  );
});
