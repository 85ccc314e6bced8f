import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderFaults } from '../../src/bundle/check.ts';
import { holds } from '../support/property.ts';
import { lineOf, moduleOf, usesOf } from './support.ts';

type Declared = Readonly<Record<string, { after?: readonly string[]; provides?: readonly string[] }>>;

/** `LINE MESSAGE; EXPECTED` of each fault of a role that lists the modules in this order, a line each. */
function faultsOf(declared: Declared, order = Object.keys(declared)): string[] {
  const modules = order.map((name) => moduleOf(name, declared[name] ?? {}));
  return orderFaults(usesOf(...order), modules).map(
    ({ at, path, message, expected }) => `${lineOf(at)} ${path}: ${message}; ${expected}`,
  );
}

describe('the order of a role’s modules', () => {
  test('fits where each comes after what it declares, or the role hasn’t it', () => {
    expect(faultsOf({ a: {}, b: { after: ['a', 'elsewhere'] }, c: { after: ['a', 'b'] } })).toEqual([]);
    expect(faultsOf({})).toEqual([]);
  });

  test('that breaks an after is a fault at the module that comes too early', () => {
    expect(faultsOf({ a: { after: ['c'] }, b: { after: ['c', 'a'] }, c: {} })).toEqual([
      '1 modules: the module a must come after c; c earlier in the list',
      '2 modules: the module b must come after c; c earlier in the list',
    ]);
  });

  test('also holds for what a module provides', () => {
    expect(faultsOf({ app: { after: ['java'] }, corretto: { provides: ['java', 'jdk'] } })).toEqual([
      '1 modules: the module app must come after corretto, which provides java; corretto earlier in the list',
    ]);
    expect(faultsOf({ self: { after: ['x', 'self'], provides: ['x'] } })).toEqual([]);
  });

  test.each<[string, Declared, string]>([
    ['two', { a: { after: ['b'] }, b: { after: ['a'] } }, 'a, after b, after a'],
    [
      'three',
      { x: {}, a: { after: ['c'] }, b: { after: ['a'] }, c: { after: ['b'] } },
      'a, after c, after b, after a',
    ],
    [
      'what they provide',
      { a: { after: ['y'] }, b: { after: ['a'], provides: ['y'] } },
      'a, after b, after a',
    ],
  ])('that can’t be, for a cycle of %s, is one fault with the cycle', (_what, declared, cycle) => {
    const faults = faultsOf(declared);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /^\d modules: no order fits these modules: .*; modules that do not each come after the other/,
    );
    expect(faults[0]).toContain(`: ${cycle};`);
  });

  test('for any modules: no fault exactly where the order fits; a cycle exactly where no order does', () => {
    const names = ['a', 'b', 'c', 'd', 'e'] as const;
    const declared = fc
      .array(fc.subarray([...names]), { minLength: names.length, maxLength: names.length })
      .map((afters) =>
        Object.fromEntries(
          names.map((name, index) => [name, { after: (afters[index] ?? []).filter((one) => one !== name) }]),
        ),
      );
    const afterOf = (all: Declared, name: string) => all[name]?.after ?? [];
    const fits = (all: Declared, order: readonly string[]) =>
      order.every((name, index) => afterOf(all, name).every((one) => order.indexOf(one) < index));
    /** Takes what comes after nothing that is left, again and again. */
    const sortable = (all: Declared): boolean => {
      let left: string[] = [...names];
      for (let before = -1; before !== left.length; ) {
        before = left.length;
        const rest = left;
        left = rest.filter((name) => afterOf(all, name).some((one) => rest.includes(one)));
      }
      return left.length === 0;
    };
    holds(
      fc.property(declared, fc.shuffledSubarray([...names], { minLength: 5 }), (all, order) => {
        const faults = faultsOf(all, order);
        expect(faults.length === 0).toBe(fits(all, order));
        expect(faults.some((fault) => fault.includes('no order fits'))).toBe(!sortable(all));
      }),
      { numRuns: 500 },
    );
  });
});
