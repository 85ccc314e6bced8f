import { describe, expect, test } from '@jest/globals';
import { mutantsOf, mutated } from '../../../scripts/mutation/mutants.ts';

const faultsOf = (text: string): readonly (string | undefined)[] =>
  mutantsOf('src/x.ts', text).map((mutant) => mutated(text, mutant));

describe('the mutants of a source', () => {
  test.each([
    ['a comparison', 'f = a < b', ['f = a <= b']],
    ['an equality', 'f = a === b', ['f = a !== b']],
    ['a logical operator', 'f = a && b', ['f = a || b']],
    ['a negation', 'f = !a', ['f = a']],
    ['a condition', 'f = a ? b : c', ['f = !(a) ? b : c']],
    ['a number', 'f = 3', ['f = 4', 'f = (2)']],
    ['a truth value', 'f = true', ['f = false']],
    ['a word', "f = 'step'", ["f = ''"]],
    ['a list', 'f = [a, ...b, c]', ['f = [...b, c]', 'f = [a, c]', 'f = [a, ...b]']],
    ['a list of one, with a comma', 'f = [a,]', ['f = [,]']],
    ['a spread', 'f = { a, ...b }', ['f = { a }']],
  ])('%s', (_what, statement, expected) => {
    expect(faultsOf(`const ${statement}`)).toEqual(expected.map((each) => `const ${each}`));
  });

  test('a statement and a guard are dropped', () => {
    expect(faultsOf('function f() { g(); }')).toEqual(['function f() { ; }']);
    expect(faultsOf('function f() { if (a) return; }')).toEqual([
      'function f() { if (!(a)) return; }',
      'function f() { ; }',
    ]);
    expect(faultsOf('function f() { if (a) return; else throw b; }')).toEqual([
      'function f() { if (!(a)) return; else throw b; }',
    ]);
  });

  test('messages, imports, keys and types have none', () => {
    const text = `import a from './a.ts'; export { b } from './b.ts';
      type Word = 'one' | 'two'; const c: 'one' = d as 'one'; const e = { 'key': 'a message' };`;
    expect(faultsOf(text)).toEqual([]);
  });

  test('the code that a type is given to has some', () => {
    expect(faultsOf('const a = [1] as const satisfies object;')).toHaveLength(3);
  });

  test('a mutant tells its line, and characters of several bytes move nothing', () => {
    const text = "// “é”\nconst a = 'é' /* → */, b =\n  c   < d;";
    const [word, comparison] = mutantsOf('src/x.ts', text);
    expect(word).toMatchObject({ line: 2, change: "'é' -> ''" });
    expect(comparison).toMatchObject({ line: 3, code: 'c   < d;', change: 'c < d -> c <= d' });
    expect(faultsOf(text)[1]).toBe("// “é”\nconst a = 'é' /* → */, b =\n  c   <= d;");
  });

  test('of equal changes in one line each has a number', () => {
    expect(
      mutantsOf('src/x.ts', 'const f = [a === b, a === b];').map(({ change, nth }) => [change, nth]),
    ).toEqual([
      ['a === b, -> nothing', 1],
      [', a === b -> nothing', 1],
      ['a === b -> a !== b', 1],
      ['a === b -> a !== b', 2],
    ]);
  });

  test('a fault without valid syntax gives no text', () => {
    expect(mutated('const f = a ?? (b && c)', { start: 15, end: 23, replacement: 'b &&' })).toBeUndefined();
  });
});
