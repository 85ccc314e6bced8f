/** systemd's animation, which fills the console of a real machine while the bootstrapper runs. */
import { expect, test } from '@jest/globals';
import { factsOf, marker, text, verdictOf } from './boxes.ts';

const animation = (job: string) =>
  Array.from({ length: 60 }, () => `\u001bM\r\u001b[K[\u001b[0;31m*\u001b[0;1;31m*\u001b[0m    ] ${job}\r\r`);
const excerptOf = (...lines: string[]) => {
  const found = verdictOf(factsOf([text([...lines, marker(1, 'verdict failed metadata 1 5')])]));
  return found.outcome === 'failed' ? found.failure.excerpt : found.outcome;
};

test.each([
  'Job rolecall-bootstrapper.service/start running (11min 10s / no limit)',
  '(1 of 2) Job cloud-final.service/start running (40s / no limit)',
  'A start job is running for Execute cloud user/final scripts (1min 2s / no limit)',
])('%s pushes no line out of an excerpt', (job) => {
  expect(excerptOf('loading the schema', ...animation(job))).toEqual(['loading the schema']);
});

test('a line of a script that only looks like it stays', () => {
  const line = '[***   ] Job shop.service/start running';
  expect(excerptOf(line)).toEqual([line]);
});
