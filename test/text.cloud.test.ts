import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { optionText, printable, shellWord } from '../src/text.ts';
import { anyCharacter, holds } from './support/property.ts';

test('a shell reads every quoted word back as it was', () => {
  const word = fc.string({ unit: anyCharacter }).filter((text) => !text.includes('\0'));
  holds(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const line = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
      expect(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
        words,
      );
    }),
    { numRuns: 20 },
  );
});

test('bash reads an option with any value back as it was, and the text is one printable line', () => {
  const value = fc.string({ unit: anyCharacter, minLength: 1 }).filter((text) => !text.includes('\0'));
  holds(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
      const texts = values.map((each) => optionText('allow-secret', each));
      expect(texts.map(printable)).toEqual(texts);
      const line = `printf '%s\\0' ${texts.join(' ')}`;
      const read = execFileSync('/bin/bash', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1);
      const expected = values.flatMap((each) =>
        each.startsWith('-') ? [`--allow-secret=${each}`] : ['--allow-secret', each],
      );
      expect(read).toEqual(expected);
    }),
  );
});
