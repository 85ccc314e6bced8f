import { parseSync } from '@swc/core';

/** One small fault that a test should notice: `[start, end)` are bytes of the file. `code`, `change` and `nth` name it. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The line without its indentation: a number of the line would change too often. */
  readonly code: string;
  readonly change: string;
  /** A file may have the same change of the same line several times: which of them it is, from 1. */
  readonly nth: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A node of swc's syntax tree: its fields depend on its type. */
type Node = Readonly<Record<string, unknown>>;
type Range = Pick<Mutant, 'start' | 'end'>;
type Edit = Range & Pick<Mutant, 'replacement'>;
type TextOf = (range: Range) => string;

const isObject = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Where a node stands. swc counts bytes from 1. A spread, an element of an array and an argument have no span of their own. */
function rangeOf(node: unknown): Range | undefined {
  if (!isObject(node)) return undefined;
  const { span, spread } = node;
  if (isObject(span)) return { start: Number(span['start']) - 1, end: Number(span['end']) - 1 };
  const value = rangeOf(node['expression'] ?? node['arguments']);
  return value && isObject(spread) ? { ...value, start: Number(spread['start']) - 1 } : value;
}

const OTHER_OPERATOR: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
};

function* otherOperator({ left, operator, right }: Node, textOf: TextOf): Generator<Edit> {
  const [before, after] = [rangeOf(left), rangeOf(right)];
  const other = OTHER_OPERATOR[String(operator)];
  if (before === undefined || after === undefined || other === undefined) return;
  const between = textOf({ start: before.end, end: after.start }).replace(String(operator), other);
  yield { start: before.start, end: after.end, replacement: textOf(before) + between + textOf(after) };
}

/** The list without one of its elements. */
function* withoutEach(elements: unknown, mayDrop: (element: Node) => boolean): Generator<Edit> {
  if (!Array.isArray(elements)) return;
  for (const [index, element] of elements.entries()) {
    const [before, own, after] = [index - 1, index, index + 1].map((each) => rangeOf(elements[each]));
    if (own === undefined || !mayDrop(element)) continue;
    if (after !== undefined) yield { start: own.start, end: after.start, replacement: '' };
    else yield { start: before?.end ?? own.start, end: own.end, replacement: '' };
  }
}

const FLIPPED = ['===', '!==', '!'];
const LEAVING = ['ReturnStatement', 'ThrowStatement', 'ContinueStatement', 'BreakStatement'];

/** Negates a condition, unless its operator is flipped anyway, and drops an `if` that leaves the block. */
function* conditionEdits(
  { type, test, consequent, alternate }: Node,
  own: Range,
  textOf: TextOf,
): Generator<Edit> {
  const condition = rangeOf(test);
  if (condition === undefined || !isObject(test) || !isObject(consequent)) return;
  if (!FLIPPED.includes(String(test['operator'])))
    yield { ...condition, replacement: `!(${textOf(condition)})` };
  const leaves = LEAVING.includes(String(consequent['type']));
  if (type === 'IfStatement' && leaves && !isObject(alternate)) yield { ...own, replacement: ';' };
}

/** The faults of one node, without those of its children. */
function* editsOf(node: Node, textOf: TextOf): Generator<Edit> {
  const own = rangeOf(node);
  if (own === undefined) return;
  const { value, argument } = node;
  switch (node['type']) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return yield* conditionEdits(node, own, textOf);
    case 'BinaryExpression':
      return yield* otherOperator(node, textOf);
    case 'UnaryExpression': {
      const operand = rangeOf(argument);
      if (node['operator'] === '!' && operand) yield { ...own, replacement: textOf(operand) };
      return;
    }
    case 'NumericLiteral':
      yield { ...own, replacement: `${Number(value) + 1}` };
      return yield { ...own, replacement: `(${Number(value) - 1})` };
    case 'BooleanLiteral':
      return yield { ...own, replacement: `${value !== true}` };
    case 'StringLiteral':
      // With a space it is a message for people.
      if (/^\S+$/.test(String(value))) yield { ...own, replacement: "''" };
      return;
    case 'ExpressionStatement':
      return yield { ...own, replacement: ';' };
    case 'ArrayExpression':
      return yield* withoutEach(node['elements'], () => true);
    case 'ObjectExpression':
      return yield* withoutEach(node['properties'], ({ type }) => type === 'SpreadElement');
  }
}

/** The children of a node that are code that runs: of a type, nothing but the expression that it is given to. */
function childrenOf(node: Node): readonly unknown[] {
  const type = String(node['type'] ?? '');
  if (type.startsWith('Ts')) return [node['expression']];
  if (/^(?:Import|ExportAll|ExportNamed)/.test(type)) return [];
  return type === 'KeyValueProperty' ? [node['value']] : Object.values(node);
}

function* allEdits(node: unknown, textOf: TextOf): Generator<Edit> {
  if (!isObject(node)) return;
  if (!Array.isArray(node)) yield* editsOf(node, textOf);
  for (const child of childrenOf(node)) yield* allEdits(child, textOf);
}

/** Returns all mutants of a file. A few have no valid syntax. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const bytes = Buffer.from(text);
  const textAt: TextOf = ({ start, end }) => bytes.subarray(start, end).toString();
  const seen = new Map<string, number>();
  const short = (part: string) => part.replaceAll(/\s+/g, ' ').trim();
  return [...allEdits(parseSync(text, { syntax: 'typescript' }), textAt)].map((edit) => {
    const line = textAt({ start: 0, end: edit.start }).split('\n').length;
    const code = text.split('\n')[line - 1]?.trim() ?? '';
    const change = `${short(textAt(edit))} -> ${short(edit.replacement) || 'nothing'}`;
    const nth = (seen.get(code + change) ?? 0) + 1;
    seen.set(code + change, nth);
    return { file, line, code, change, nth, ...edit };
  });
}

/** Returns the text with the fault in it, or nothing where that has no valid syntax. */
export function mutated(text: string, { start, end, replacement }: Edit): string | undefined {
  const bytes = Buffer.from(text);
  const result = `${bytes.subarray(0, start)}${replacement}${bytes.subarray(end)}`;
  try {
    parseSync(result, { syntax: 'typescript' });
    return result;
  } catch {
    return undefined;
  }
}
