import type { Random } from '../../random.ts';
import { GOOD_CATALOGUE } from '../good.ts';
import type { Generator } from '../input.ts';
import { ODD_WORDS } from '../words.ts';

const COMMANDS: readonly (readonly string[])[] = [
  ['validate'],
  ['roles', 'list'],
  ['roles', 'show', 'web', '--env', 'prod', '--context', 'b'],
  ['plan', '--role', 'web', '--env', 'prod', '--context', 'b'],
  ['render', '--role', 'web', '--env', 'prod', '--context', 'b'],
  ['status'],
  ['scale', '--role', 'web', '--env', 'prod', '--context', 'b', '--to', '1', '--dry-run'],
  ['release', 'list'],
  ['module', 'list'],
];

const ODD_VALUES: readonly string[] = [
  ...[
    '{}',
    '[]',
    '[[]]',
    '{a: {b: {c: {}}}}',
    'null',
    '~',
    'true',
    '-0',
    '1.5',
    '1e400',
    '.nan',
    '2026-01-01',
    '!!binary aGk=',
    '!!js/function x',
  ],
  ...[
    '&a [*a]',
    '*missing',
    '<<: *x',
    '"\\u0000"',
    '|\n  text',
    '? a\n: b',
    '@at',
    '`tick',
    '%TAG',
    '"unclosed',
    "'",
    '{',
    ']',
    '- - -',
  ],
];

/** Damages a text somewhere. */
function damaged(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const lines = text.split('\n');
  const line = random.below(lines.length);
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + random.pick(ODD_WORDS) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + random.below(20));
    case 3:
      return lines.toSpliced(line, 1).join('\n');
    case 4:
      return lines.toSpliced(line, 0, lines[random.below(lines.length)] ?? '').join('\n');
    case 5:
      return lines
        .with(line, (lines[line] ?? '').replace(/: .*/, `: ${random.pick([...ODD_VALUES, ...ODD_WORDS])}`))
        .join('\n');
    default:
      return lines.with(line, `${' '.repeat(random.below(6))}${(lines[line] ?? '').trim()}`).join('\n');
  }
}

/** Bytes that are no UTF-8, or another encoding of a good text. */
function recoded(text: string, random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 1:
      return Buffer.from(text.replaceAll('\n', '\r\n'));
    case 2:
      return Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0x00, 0xc3])]);
    default:
      return Buffer.from(text.replaceAll('\n', '\r'));
  }
}

/** Catalogues that are damaged, torn, of the wrong types or in odd encodings. */
export const catalogue: Generator = {
  name: 'catalogue',
  next: (random) => {
    let text = GOOD_CATALOGUE;
    for (let turn = random.below(4); turn >= 0; turn -= 1) text = damaged(text, random);
    const bytes = random.chance(0.1) ? recoded(text, random) : text;
    return { what: 'a bad catalogue', argv: random.pick(COMMANDS), files: { 'roles.yaml': bytes } };
  },
};
