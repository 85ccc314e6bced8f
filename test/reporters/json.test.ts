import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonLine, jsonReport } from '../../src/reporters/json.ts';
import { holds } from '../support/property.ts';

const hostile = fc
  .array(
    fc.constantFrom(
      '\u001b]0;x\u0007',
      '\u009b2J',
      '\u0085',
      '\u202e',
      '\u{e0041}',
      '\u2028',
      '##[',
      '##vso[',
      '\n::x::',
      '"',
      '\\',
      'ü',
    ),
  )
  .map((parts) => parts.join(''));

test('a document means what it meant, and drives no terminal and no CI system', () => {
  holds(
    fc.property(hostile, (text) => {
      for (const json of [jsonReport({ [text]: [text] }), jsonLine({ [text]: [text] })]) {
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
        expect(json).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\u2028\u2029]/u);
        for (const line of json.split('\n')) expect(line).not.toMatch(/^\s*::|##\w*\[/);
      }
      expect(jsonLine({ text }).indexOf('\n')).toBe(jsonLine({ text }).length - 1);
    }),
  );
});

test('arrays and letters of all scripts stay as they are', () => {
  expect(jsonLine({ list: ['#[1]', '漢', '## [x]'] })).toBe('{"list":["#[1]","漢","## [x]"]}\n');
});
