import { expect, test } from '@jest/globals';
import { type Entry, NO_FACTS } from '../../src/watch/facts.ts';
import { readLine } from '../../src/watch/read-line.ts';
import { READING } from './boxes.ts';

const ALL = 410;
const KEPT = 400;

test('of a runaway excerpt the newest lines are kept, and what stands between them stays', () => {
  const lines = Array.from({ length: ALL }, (_, index) => `rolecall[init]| line ${index}`);
  const fact = 'rolecall[init]! how command';
  const console = [lines[0] ?? '', fact, ...lines.slice(1)];
  const whole = { cut: false, takenAt: 0 };
  const { entries } = console.reduce((facts, line) => readLine(facts, line, whole, READING), NO_FACTS);
  const textsOf = (type: Entry['type']) =>
    entries.flatMap((entry) => (entry.type === type && 'text' in entry ? [entry.text] : []));
  expect(textsOf('fact')).toEqual(['how command']);
  expect(textsOf('excerpt')).toEqual(
    Array.from({ length: KEPT }, (_, index) => `line ${index + ALL - KEPT}`),
  );
});
