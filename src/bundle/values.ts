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
    case 'integer':
      return /^-?(0|[1-9][0-9]{0,15})$/.test(text)
        ? rangeProblem(Number(text), minimum, maximum)
        : { message: 'is no integer', expected: 'an integer' };
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

function rangeProblem(
  value: number,
  minimum: number | undefined,
  maximum: number | undefined,
): ValueProblem | undefined {
  const expected = rangeOf(minimum, maximum);
  if (minimum !== undefined && value < minimum) return { message: 'is too small', expected };
  return maximum !== undefined && value > maximum ? { message: 'is too large', expected } : undefined;
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `an integer of at most ${maximum}`;
  return maximum === undefined
    ? `an integer of at least ${minimum}`
    : `an integer from ${minimum} to ${maximum}`;
}
