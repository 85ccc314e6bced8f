import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

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

/** A pattern in RE2's syntax: matching takes time linear in the text, whatever the pattern is. */
export interface LinearPattern {
  test(text: string): boolean;
}

/** Returns the compiled pattern. @throws Error where its syntax is not RE2's */
export const linearPattern = (source: string): LinearPattern => engine().compile(source);

/** What makes a pattern unusable, or undefined. */
function linearProblem(source: string): string | undefined {
  try {
    linearPattern(source);
    return undefined;
  } catch (error) {
    const foreign = UNSUPPORTED.find(([syntax]) => syntax.test(source));
    const [, message = String(error)] =
      /^error parsing regexp: (.*)$/s.exec(error instanceof Error ? error.message : '') ?? [];
    const why = foreign === undefined ? message : `${foreign[1]}, which RE2 can't match in linear time`;
    return `is no regular expression of RE2's syntax: ${why}`;
  }
}

/** What people write who know other engines. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'it looks around, as (?=x) and (?<!x) do'],
  [/\\[1-9]|\\k[<{']/, 'it refers back to a group, as \\1 does'],
  [/\(\?>|[*+?}]\+/, 'it forbids to go back, as (?>x) and x++ do'],
];

/**
 * Loaded when the first pattern is met: most catalogues have none, and it takes as long as a tenth of a command's start.
 * scripts/build.mjs puts it beside the bundle.
 */
function engine(): typeof RE2JS {
  const path = import.meta.url.endsWith('.cjs') ? './re2.cjs' : 're2js';
  const loaded: { readonly RE2JS: typeof RE2JS } = createRequire(import.meta.url)(path);
  return loaded.RE2JS;
}
