import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { painter } from '../src/terminal/paint.ts';
import {
  duration,
  elapsed,
  glued,
  harmless,
  harmlessText,
  printable,
  shownPath,
  table,
  truncate,
  unpainted,
  widthOf,
  wrap,
} from '../src/text.ts';
import { anyCharacter, holds } from './support/property.ts';

const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: anyCharacter }));

describe('widths', () => {
  test.each([
    ['plain', 5],
    ['日本', 4],
    ['한국', 4],
    ['e\u0301', 1],
    ['✔ ok', 4],
    ['🚀', 2],
    ['ｗｉｄｅ', 8],
  ])('%j takes %i columns', (text, columns) => expect(widthOf(text)).toBe(columns));

  test('truncation never exceeds the width, and keeps what fits', () => {
    holds(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, columns) => {
        const shown = printable(text);
        const cut = truncate(shown, columns);
        expect(widthOf(cut)).toBeLessThanOrEqual(columns);
        if (widthOf(shown) <= columns) expect(cut).toBe(shown);
        else expect(cut.endsWith('…')).toBe(true);
      }),
    );
  });

  test('columns line up, wide characters or not', () => {
    expect(table([['a', 'one'], ['日本', 'two'], ['b']])).toEqual(['a     one', '日本  two', 'b']);
  });
});

describe('wrap', () => {
  test('breaks at spaces with a hanging indent', () => {
    expect(wrap('one two three four', 9, 2)).toEqual(['one two', '  three', '  four']);
  });

  test('keeps glued words together and a long word whole', () => {
    expect(wrap(glued('1 of 5 succeeded, 1 not launched'), 20, 0)).toEqual([
      '1 of 5 succeeded,',
      '1 not launched',
    ]);
    expect(wrap('see /a/very/long/path now', 8, 0)).toEqual(['see', '/a/very/long/path', 'now']);
  });

  test('does not count colours', () => {
    const { bad } = painter(true);
    expect(wrap(`${bad('error:')} it broke`, 15, 0)).toEqual([`${bad('error:')} it broke`]);
  });

  test('loses no word and exceeds the width only by a single word', () => {
    holds(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,15}$/), { minLength: 1 }),
        fc.integer({ min: 5, max: 40 }),
        (words, columns) => {
          const lines = wrap(words.join(' '), columns, 2);
          expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words);
          for (const line of lines)
            if (line.trim().includes(' ')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

test('printable text holds no control, direction or escape sequence', () => {
  expect(printable('\u001b[31mred\u001b[0m\tx\u0007\u202e')).toBe('red  x');
  expect(printable('\u001b]8;;http://evil\u0007link\u001b]8;;\u0007')).toBe('link');
  holds(
    fc.property(anyText, (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(unpainted(printable(text))).toBe(printable(text));
    }),
  );
});

test('harmless text drives no terminal', () => {
  expect(harmless('\u001b[31mred\u001b[0m\u0007\tend\u009b2J\u202e ')).toBe('red  end');
  expect(harmless('😀'.repeat(300), 4)).toBe('😀…');
  expect(harmlessText('a\u001b[2Jb\r\nc\rd\u001b]0;title\u0007\te\u0000\n')).toBe('ab\nc\nd\te\n');
});

describe('times', () => {
  test.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [2140, '2.1 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [185_000, '3 min 05 s'],
    [600_000, '10 min'],
    [3_600_000, '1 h'],
    [7_620_000, '2 h 07 min'],
    [-5, '0 ms'],
  ])('%i ms took %s', (ms, text) => expect(duration(ms)).toBe(text));

  test('a running clock shows whole seconds', () => {
    expect([elapsed(0), elapsed(12_300), elapsed(600_000)]).toEqual(['0 s', '12 s', '10 min 00 s']);
  });
});

test.each([
  ['/a/b c', '/a/b c'],
  ['/a\n-rf', '"/a\\n-rf"'],
  ['\u001b[2J', '"\\u001b[2J"'],
])('a message names the path %j as %j', (path, shown) => {
  expect(shownPath(path)).toBe(shown);
});
