/** The catalogue's patterns on console lines: in linear time whatever they are. */
import { expect, test } from '@jest/globals';
import { linearPattern, patternProblem } from '../../src/yaml/pattern.ts';
import { factsOf, READING, text, verdictOf } from './boxes.ts';

/** As long as EC2 shows a console, in one line. */
const LONG = 64 * 1024;

// An engine that goes back is not through with one of these before the test's time is up.
test.each([
  ['Finished .* in .*s$', `Finished ${'x in '.repeat(LONG / 5)}!`],
  ['(a+)+$', `${'a'.repeat(LONG)}!`],
  ['(x|x)*y', 'x'.repeat(LONG)],
  ['(.*) (.*) (.*) (.*) done$', 'a '.repeat(LONG / 2)],
])('%s is through with a line that fills the console', (source, line) => {
  const reading = { ...READING, success: linearPattern(source), failure: linearPattern('^ERROR ') };
  expect(verdictOf(factsOf([text([line])], reading)).outcome).toBe('silent');
  expect(verdictOf(factsOf([text([line, 'ERROR no disk'])], reading)).outcome).toBe('failed');
});

test.each([
  ['^Done in \\d+(\\.\\d+)? s$', '[   24.123456] cloud-init[1120]: Done in 7.5 s'],
  ['(?i)^bootstrap complete', 'BOOTSTRAP COMPLETE'],
  ['\\bready\\b', 'all ready.'],
  ['^日本$', '日本'],
])('%s fits %s', (source, line) => {
  const reading = { ...READING, success: linearPattern(source) };
  expect(verdictOf(factsOf([text([line])], reading)).outcome).toBe('succeeded');
});

test.each([
  ['(?=x)y', 'it looks around'],
  ['(?<=a)b', 'it looks around'],
  ['(a)\\1', 'it refers back to a group'],
  ['(?<n>a)\\k<n>', 'it refers back to a group'],
  ['a++', 'it forbids to go back'],
  ['(', 'missing closing )'],
  ['[a', 'missing closing ]'],
  ['a{2000}', 'invalid repeat count'],
  ['.*', 'matches the empty line'],
])('%s is a fault: %s', (source, why) => {
  expect(patternProblem(source)).toContain(why);
});
