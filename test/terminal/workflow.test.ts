import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addMasks, errorAnnotation, isGitHub, withoutCommands } from '../../src/terminal/workflow.ts';
import { holds } from '../support/property.ts';

describe('an annotation', () => {
  test('is one line, with what would end its title or message escaped', () => {
    expect(errorAnnotation('web prod/b: 2, 100%', 'a: 50%\r\nb')).toBe(
      '::error title=web prod/b%3A 2%2C 100%25::a: 50%25%0Ab\n',
    );
  });

  test('keeps every text, and holds no second command', () => {
    const data = (text: string) =>
      text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%3A', ':').replaceAll('%2C', ',');
    holds(
      fc.property(fc.stringMatching(/^[ -~]*$/), fc.stringMatching(/^[ -~\n]*$/), (title, message) => {
        const line = errorAnnotation(title, message);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        // As the runner reads it: up to the next `::` are the properties.
        const end = line.indexOf('::', 2);
        expect(data(line.slice('::error title='.length, end)).replaceAll('%25', '%')).toBe(title);
        expect(
          line
            .slice(end + 2, -1)
            .replaceAll('%0A', '\n')
            .replaceAll('%25', '%'),
        ).toBe(message);
      }),
    );
  });
});

test('commands are taken out of any text, however they are hidden', () => {
  const hidden = fc.constantFrom('', ' ', '\t', '\u200b', '\u001b[31m', '\u0007');
  const text = fc
    .array(fc.oneof(hidden, fc.constantFrom(':', '::', '#', '##[', '[', 'error', '\n', '\r')))
    .map((parts) => parts.join(''));
  holds(
    fc.property(text, (words) => {
      const clean = withoutCommands(words);
      expect(clean).not.toContain('##[');
      for (const line of clean.split('\n')) expect(line.trimStart().startsWith('::')).toBe(false);
    }),
  );
});

test('secrets are told to the runner line by line, escaped, each once; short lines would hide words', () => {
  expect(addMasks(['50%off\r\nsecond line', '  second line ', 'abc', ''])).toBe(
    '::add-mask::50%25off\n::add-mask::second line\n',
  );
  expect(addMasks([])).toBe('');
});

test('GitHub Actions is known by its variable', () => {
  expect([isGitHub({ GITHUB_ACTIONS: 'true' }), isGitHub({ CI: 'true' }), isGitHub({})]).toEqual([
    true,
    false,
    false,
  ]);
});
