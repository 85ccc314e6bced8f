import type { Variable } from './module.ts';

/** What is wrong with a value, in words that don't hold it. */
export interface ValueProblem {
  readonly message: string;
  readonly expected: string;
}

type Kind = Pick<Variable, 'type' | 'pattern' | 'minimum' | 'maximum'>;

/** What keeps a text from being a value of this type; undefined where nothing does. */
export function typeProblem(
  text: string,
  { type, pattern, minimum, maximum }: Kind,
): ValueProblem | undefined {
  switch (type) {
    case 'integer': {
      if (!/^-?(0|[1-9][0-9]{0,15})$/.test(text)) return { message: 'is no integer', expected: 'an integer' };
      const value = Number(text);
      const low = minimum !== undefined && value < minimum;
      if (!low && !(maximum !== undefined && value > maximum)) return undefined;
      return { message: low ? 'is too small' : 'is too large', expected: rangeOf(minimum, maximum) };
    }
    case 'boolean':
      return text === 'true' || text === 'false'
        ? undefined
        : { message: 'is neither true nor false', expected: 'true or false' };
    case 'string':
      return pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)
        ? undefined
        : { message: 'is not valid', expected: `a text that matches ${pattern}` };
  }
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `an integer of at most ${maximum}`;
  return maximum === undefined
    ? `an integer of at least ${minimum}`
    : `an integer from ${minimum} to ${maximum}`;
}
