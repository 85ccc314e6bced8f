import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyCharacter, holds } from '../../../../test/support/property.ts';
import { flag, groups, integer, type Params, parseParams, text, texts } from '../../src/ec2/params.ts';

type Tree = { [name: string]: Tree | string };

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9:_-]{0,8}$/),
  fc.constantFrom('__proto__', 'constructor', '1'),
);
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; value: Tree | string }>((tie) => ({
  tree: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4 }),
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, fc.string({ unit: anyCharacter }), tie('tree')),
})).tree;

function flatten(value: Tree | string, path: readonly string[] = []): [string, string][] {
  if (typeof value === 'string') return [[path.join('.'), value]];
  return Object.keys(value).flatMap((key) => flatten(value[key] ?? '', [...path, key]));
}

/** Without prototypes, so that both sides compare as plain data. */
const plain = (value: Params | string): unknown =>
  typeof value === 'string'
    ? value
    : Object.keys(value)
        .sort()
        .map((key) => [key, plain(value[key] ?? '')]);

describe('parseParams', () => {
  test('gives back any tree that was flattened, in any order', () => {
    holds(
      fc.property(
        tree.chain((t) =>
          fc.tuple(fc.constant(t), fc.shuffledSubarray(flatten(t), { minLength: flatten(t).length })),
        ),
        ([t, pairs]) => {
          expect(plain(parseParams(new URLSearchParams(pairs).toString()))).toEqual(plain(t));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('never throws anything but a refusal of EC2, and never reaches a prototype', () => {
    holds(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (query) => {
        try {
          parseParams(query);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Ec2Error', code: 'MalformedQueryString' });
        }
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
    parseParams('__proto__.polluted=1&constructor.prototype.polluted=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['A=1&A=2', 'The parameter A appears twice'],
    ['A=1&A.B=2', 'The parameter A.B is both a value and a structure'],
    ['A.B=1&A=2', 'The parameter A appears twice'],
    ['A..B=1', 'The parameter name A..B is not valid'],
    ['=1', 'The parameter name  is not valid'],
    [`${'A.'.repeat(12)}A=1`, `The parameter name ${'A.'.repeat(12)}A is not valid`],
  ])('refuses %s', (query, message) => {
    expect(() => parseParams(query)).toThrow(message);
  });
});

describe('readers', () => {
  test('lists come in the order of their numbers, gaps allowed', () => {
    const params = parseParams('Id.10=j&Id.2=b&Id.1=a&Filter.1.Name=n&Filter.1.Value.1=v');
    expect(texts(params, 'Id')).toEqual(['a', 'b', 'j']);
    expect(groups(params, 'Filter').map((filter) => [text(filter, 'Name'), texts(filter, 'Value')])).toEqual([
      ['n', ['v']],
    ]);
  });

  test.each([
    ['Id=a', 'The parameter Id must be a list: Id.1, ...'],
    ['Id.x=a', 'The parameter Id.x must be numbered from Id.1'],
    ['Id.0=a', 'The parameter Id.0 must be numbered from Id.1'],
    ['Id.1.B=a', 'The members of Id must be single values'],
  ])('a list refuses %s', (query, message) => {
    expect(() => texts(parseParams(query), 'Id')).toThrow(message);
  });

  test.each(['0', '11', '1.5', 'x', '1e1', '-1'])('a number from 1 to 10 is not %s', (value) => {
    expect(() => integer(parseParams(`N=${value}`), 'N', 1, 10)).toThrow(
      `Value ( ${value} ) for parameter N is invalid. Expecting a value between 1 and 10`,
    );
  });

  test('booleans are true or false in any case', () => {
    expect(['true', 'False', ''].map((value) => flag(parseParams(`B=${value}`), 'B'))).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(() => flag(parseParams('B=yes'), 'B')).toThrow('Expecting true or false');
  });
});
