/** Regular expressions in RE2's syntax, whose matching takes time linear in the text whatever they are. */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** What tells whether a pattern fits somewhere in a text. */
export interface LinearPattern {
  test(text: string): boolean;
}

/** Returns the compiled pattern. @throws Error where its syntax is not RE2's */
export const linearPattern = (source: string): LinearPattern => engine().compile(source);

/** What makes a pattern unusable, or undefined. */
export function linearProblem(source: string): string | undefined {
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
