import type { Random } from '../random.ts';
import { ODD_WORDS } from './words.ts';

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
export function damaged(text: string, random: Random): string {
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
