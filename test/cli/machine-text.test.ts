import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MachineText } from '../../src/cli/machine-text.ts';
import { holds } from '../support/property.ts';

const CI = { GITHUB_ACTIONS: 'true' };

/** What is printed of a text that comes in pieces. */
function printed(pieces: readonly string[], env: Readonly<Record<string, string>> = {}, raw = false): string {
  const text = new MachineText({ env }, raw);
  return pieces.map((piece) => text.next(piece)).join('') + text.rest();
}

const ESCAPES: readonly (readonly [string, string])[] = [
  ['a colour', '\u001b[31mred\u001b[0m'],
  ['a title', '\u001b]0;owned\u0007'],
  ['a link', '\u001b]8;;http://example.com\u001b\\here\u001b]8;;\u001b\\'],
  ['a C1 control sequence', '\u009b2J'],
  ['a device control string', '\u001bP$q"p\u001b\\'],
  ['a bell and a backspace', '\u0007x\u0008'],
  ['a reversed direction', '\u202Eevil\u2066'],
  ['a line that is drawn over', 'failed\rsucceeded'],
];

describe('what a machine printed', () => {
  test.each(ESCAPES)('drives no terminal by %s, wherever it is cut', (_what, text) => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const out = printed([text.slice(0, cut), text.slice(cut), ' end\n']);
      expect(out).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
      expect(out).toMatch(/ end\n$/);
    }
  });

  test('is printed as it is when that is asked for', () => {
    const text = `${ESCAPES.map(([, sequence]) => sequence).join('\r\n')}::stop-commands::x`;
    expect(printed([text.slice(0, 5), text.slice(5)], CI, true)).toBe(text);
  });

  test('is nothing but its lines where nothing is to be taken out', () => {
    const lines = fc.array(fc.stringMatching(/^[ -~\täöü漢]*$/)).map((all) => all.join('\n'));
    holds(
      fc.property(lines, fc.nat(), (text, at) => {
        const cut = at % (text.length + 1);
        expect(printed([text.slice(0, cut), text.slice(cut)])).toBe(text);
      }),
    );
  });

  test('is printed line by line, whichever way lines end', () => {
    const text = new MachineText({ env: {} }, false);
    expect([text.next('one\r'), text.next('\ntwo\rthr'), text.next('ee'), text.rest(), text.rest()]).toEqual([
      '',
      'one\ntwo\n',
      '',
      'three',
      '',
    ]);
  });

  test.each([
    ['GitHub Actions', CI],
    ['Azure Pipelines', { TF_BUILD: 'True' }],
    ['TeamCity', { TEAMCITY_VERSION: '2026.1' }],
  ])('gives %s no command, however it is hidden and cut', (_name, env) => {
    const parts = fc.constantFrom(
      ...['::add-mask::', '::', ':', '##[', '##', '[', '##vso[', '##teamcity[', ' ', '\t', '\u200b'],
      ...['\u001b[31m', '\u0007', '\r', '\n', 'x'],
    );
    holds(
      fc.property(fc.array(fc.array(parts)), (pieces) => {
        const out = printed(
          pieces.map((piece) => piece.join('')),
          env,
        );
        for (const line of out.split('\n')) expect(line).not.toMatch(/^\s*::|##\w*\[/);
      }),
    );
  });

  test('keeps an address like ::1 where no CI system reads it', () => {
    expect(printed(['::1 localhost\n'])).toBe('::1 localhost\n');
    expect(printed(['::1 localhost\n'], CI)).toBe(': :1 localhost\n');
  });
});
