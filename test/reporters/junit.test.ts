import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { junitReport } from '../../src/reporters/junit.ts';
import { tally } from '../../src/results/document.ts';
import type { LaunchView } from '../../src/results/state.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { anyCharacter, holds } from '../support/property.ts';
import {
  begin,
  boot,
  ended,
  expectGolden,
  FAILED,
  fold,
  LOST,
  META,
  moduleFailed,
  SILENT,
  SUCCEEDED,
} from './support.ts';

/**
 * What may stand in what, and with which attributes: the schema that Jenkins checks reports by (junit-10.xsd), the
 * strictest of those in use, as far as rolecall uses it. A `!` is required.
 */
const GRAMMAR: Readonly<Record<string, { attributes: readonly string[]; children: readonly string[] }>> = {
  testsuites: { attributes: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name!', 'tests!', 'failures!', 'errors!', 'time', 'skipped', 'timestamp'],
    children: ['properties', 'testcase'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name!', 'value!'], children: [] },
  testcase: { attributes: ['name!', 'time', 'classname'], children: ['error', 'failure', 'system-out'] },
  error: { attributes: ['type', 'message'], children: ['#text'] },
  failure: { attributes: ['type', 'message'], children: ['#text'] },
  'system-out': { attributes: [], children: ['#text'] },
};

type Node = Readonly<Record<string, unknown>>;
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
});

function element(node: Node): Element {
  const [name = ''] = Object.keys(node).filter((key) => key !== ':@');
  const children = node[name];
  const nodes: Node[] = Array.isArray(children) ? children : [];
  return {
    name,
    attributes: (node[':@'] ?? {}) as Record<string, string>,
    children: nodes.filter((child) => !('#text' in child)).map(element),
    text: nodes.map((child) => String(child['#text'] ?? '')).join(''),
  };
}

/** What a document has that its grammar doesn't allow, or lacks. */
function breaches({ name, attributes, children, text }: Element): string[] {
  const rules = GRAMMAR[name];
  if (rules === undefined) return [`<${name}>`];
  const known = rules.attributes.map((each) => each.replace('!', ''));
  const needed = rules.attributes.filter((each) => each.endsWith('!')).map((each) => each.slice(0, -1));
  return [
    ...Object.keys(attributes).filter((each) => !known.includes(each)),
    ...needed.filter((each) => !(each in attributes)).map((each) => `no ${each}`),
    ...children.filter((child) => !rules.children.includes(child.name)).map((child) => `<${child.name}>`),
    ...(rules.children.includes('#text') || text.trim() === '' ? [] : [text]),
  ]
    .map((breach) => `${name}: ${breach}`)
    .concat(children.flatMap(breaches));
}

function checked(xml: string): Element {
  expect(XMLValidator.validate(xml)).toBe(true);
  const [, root] = parser.parse(xml) as [Node, Node];
  const tree = element(root);
  expect(tree.name).toBe('testsuites');
  expect(breaches(tree)).toEqual([]);
  return tree;
}

const casesOf = (xml: string): readonly Element[] =>
  (checked(xml).children[0]?.children ?? []).filter(({ name }) => name === 'testcase');
const report = (view: LaunchView) => junitReport(view, META);

describe('the JUnit report', () => {
  test('of every outcome, with one machine that AWS did not give', () => {
    const xml = report(ended([SUCCEEDED, FAILED, SILENT, LOST, moduleFailed(7)], 6));
    expectGolden('junit.xml', xml);
    expect(checked(xml).attributes).toMatchObject({ tests: '6', failures: '2', errors: '3' });
    expect(casesOf(xml).map(({ children }) => children[0]?.name)).toEqual([
      'system-out',
      'failure',
      'error',
      'error',
      'failure',
      'error',
    ]);
  });

  test('of an interrupted launch: a machine without a verdict is an error', () => {
    const [, second] = casesOf(report(fold([...begin(2), ...boot(0, SUCCEEDED)])));
    expect(second?.children[0]).toMatchObject({
      name: 'error',
      attributes: { message: 'watching ended before its verdict', type: 'silent' },
    });
  });

  test('of a launch of which nothing is known', () => {
    expect(casesOf(report(fold([])))).toEqual([]);
  });

  test('has a case for every machine asked for, and counts them right', () => {
    const verdict = fc.constantFrom<Verdict>(SUCCEEDED, FAILED, SILENT, LOST);
    holds(
      fc.property(fc.array(verdict, { maxLength: 6 }), fc.nat(3), (verdicts, missing) => {
        const view = ended(verdicts, verdicts.length + missing);
        const xml = report(view);
        const cases = casesOf(xml);
        const has = (name: string) =>
          cases.filter(({ children }) => children.some((child) => child.name === name)).length;
        const { succeeded, failed } = tally(view);
        const errors = verdicts.length + missing - succeeded - failed;
        expect({ failure: has('failure'), error: has('error') }).toEqual({ failure: failed, error: errors });
        expect(checked(xml).attributes).toMatchObject({
          tests: String(verdicts.length + missing),
          failures: String(failed),
          errors: String(errors),
        });
      }),
    );
  });

  test('is XML whatever a machine says, and keeps what can be shown', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom(']]>', '<![CDATA[', '&amp;', '"\'<>', '\ud800', '\ufffe', '\u0000', '--', 'a\nb'),
    );
    holds(
      fc.property(text, (said) => {
        const failure = { ...FAILED.failure, error: said, excerpt: [`<b>"${said}&`] };
        const xml = report(ended([{ ...FAILED, failure }]));
        const allowed = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
        expect(allowed.test(xml)).toBe(true);
        expect(casesOf(xml)[0]?.children[0]?.text).toContain('<b>"');
      }),
    );
  });
});
