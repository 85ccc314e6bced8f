import { linearPattern, linearProblem } from './linear.ts';

/**
 * What makes a console pattern unusable, or undefined. Patterns run on every line of every machine's console: they are
 * RE2's, which take linear time, and one that matches the empty line (and so everything) is refused.
 */
export function patternProblem(source: string): string | undefined {
  const problem = linearProblem(source);
  if (problem !== undefined) return problem;
  return linearPattern(source).test('') ? 'matches the empty line, and so every console' : undefined;
}

/** What makes a regular expression unusable, or undefined: one that may take exponential time is refused, too. */
export function expressionProblem(source: string): string | undefined {
  try {
    new RegExp(source, 'u');
  } catch (error) {
    const { message } = error as Error;
    // The engine says `Invalid regular expression: /.../u: Unterminated group`.
    return `is no regular expression: ${message.slice(message.lastIndexOf(': ') + 2).toLowerCase()}`;
  }
  if (nestsRepeats(source)) return 'repeats a group that repeats inside, as (a+)+ does: it can take for ever';
  return undefined;
}

/** Whether a group that holds an unbounded repeat is itself repeated without bound (star height above 1). */
function nestsRepeats(source: string): boolean {
  const bare = source.replace(/\\./gsu, 'a').replace(/\[[^\]]*\]/gu, 'a');
  /** For each open group, the pattern itself first: whether it repeats something inside. */
  const repeats = [false];
  for (const { 0: token, index } of bare.matchAll(/[()*+]|\{\d+,\}/gu)) {
    if (token === '(') {
      repeats.push(false);
    } else if (token === ')') {
      const inner = repeats.pop() === true;
      if (inner && /^(?:[*+]|\{\d+,\})/u.test(bare.slice(index + 1, index + 12))) return true;
      repeats.push(repeats.pop() === true || inner);
    } else {
      repeats[repeats.length - 1] = true;
    }
  }
  return false;
}
