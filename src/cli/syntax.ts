import { wholeNumber } from '../text.ts';
import { DURATION } from '../yaml/duration.ts';
import type { OptionSpec } from './command.ts';

/** What the text of an option's value must be, wherever the option is given. */
export type Syntax = 'number' | 'duration' | 'duration-or-0s';

const MUST_BE: Readonly<Record<Syntax, string>> = {
  number: 'a whole number in digits, such as 5',
  duration: 'a duration such as 90s, 10m or 1h',
  'duration-or-0s': 'a duration such as 30s, 10m or 1h, or 0s',
};

/** What a value must be and isn't: `a duration such as 90s, 10m or 1h`. Undefined where the value is right. */
export function lacking(option: OptionSpec, text: string): string | undefined {
  const syntax = option.syntax ?? (option.type === 'number' ? 'number' : undefined);
  return syntax === undefined || isOf(syntax, text) ? undefined : MUST_BE[syntax];
}

function isOf(syntax: Syntax, text: string): boolean {
  switch (syntax) {
    case 'number':
      return !Number.isNaN(wholeNumber(text));
    case 'duration':
      return new RegExp(DURATION).test(text);
    case 'duration-or-0s':
      return text === '0s' || new RegExp(DURATION).test(text);
  }
}
