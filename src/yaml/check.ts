import { nearest } from '../suggest.ts';
import { isNull, type Located, type LocatedMap, type LocatedScalar, type Mark } from './located.ts';
import {
  type ChoiceShape,
  expectedOf,
  type Field,
  type ListShape,
  type MapShape,
  type RecordShape,
  type Shape,
  type TextShape,
} from './shape.ts';

/** Something wrong with a value, at its place. */
export interface ShapeFault {
  readonly at: Mark;
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly suggestion?: string | undefined;
}

/** Everything in which a value misses its shape. Messages name the path and hold no values (they might be secret). */
export function shapeFaults(node: Located, shape: Shape, path: string): ShapeFault[] {
  switch (shape.kind) {
    case 'text':
      return textFaults(node, shape, path);
    case 'choice':
      return choiceFaults(node, shape, path);
    case 'flag':
      return isScalarOf(node, 'boolean') ? [] : [wrongType(node, shape, path)];
    case 'whole':
      return isScalarOf(node, 'number') && isWhole(node.value, shape.min, shape.max)
        ? []
        : [wrongType(node, shape, path)];
    case 'list':
      return listFaults(node, shape, path);
    case 'map':
      return node.kind === 'map' ? mapFaults(node, shape, path) : [wrongType(node, shape, path)];
    case 'record':
      return node.kind === 'map' ? recordFaults(node, shape, path) : [wrongType(node, shape, path)];
    case 'either':
      if (node.kind === 'list' || isNull(node)) return [wrongType(node, shape, path)];
      return shapeFaults(node, node.kind === 'map' ? shape.nested : shape.scalar, path);
  }
}

function textFaults(node: Located, shape: TextShape, path: string): ShapeFault[] {
  const taken =
    isScalarOf(node, 'string') || (shape.asWritten === true && node.kind === 'scalar' && !isNull(node));
  if (!taken) return [wrongType(node, shape, path)];
  const matches = new RegExp(shape.pattern, 'u').test(node.text);
  const problem = shape.problem?.(node.text);
  if (matches && problem === undefined) return [];
  return [{ at: node.at, path, message: `${path} ${problem ?? 'is not valid'}`, expected: shape.expected }];
}

function choiceFaults(node: Located, shape: ChoiceShape, path: string): ShapeFault[] {
  if (!isScalarOf(node, 'string')) return [wrongType(node, shape, path)];
  if (shape.values.includes(node.text)) return [];
  const suggestion = nearest(node.text, shape.values);
  const message = `${path} is not one of its values`;
  return [{ at: node.at, path, message, expected: expectedOf(shape), suggestion }];
}

function listFaults(node: Located, shape: ListShape, path: string): ShapeFault[] {
  if (node.kind !== 'list') return [wrongType(node, shape, path)];
  return node.items.flatMap((item, index) => shapeFaults(item, shape.of, `${path}[${index}]`));
}

function mapFaults(node: LocatedMap, shape: MapShape, path: string): ShapeFault[] {
  const faults = [...node.entries].flatMap(([key, { keyAt, value }]) => {
    const inner = join(path, key);
    const rule = shape.rules.find(({ pattern }) => new RegExp(pattern, 'u').test(key));
    if (rule === undefined) return [badKey(key, keyAt, shape, path)];
    return rule.nullable && isNull(value) ? [] : shapeFaults(value, rule.value, inner);
  });
  const { size } = node.entries;
  const { minEntries = 0, maxEntries = Number.POSITIVE_INFINITY } = shape;
  const fault = (message: string, expected: string) => ({ at: node.at, path, message, expected });
  if (size < minEntries) faults.push(fault(`${path} is empty`, `at least one entry: ${expectedOf(shape)}`));
  if (size > maxEntries) faults.push(fault(`${path} has ${size} entries`, `at most ${maxEntries}`));
  return faults;
}

function badKey(key: string, at: Mark, shape: MapShape, path: string): ShapeFault {
  const problem = shape.keyProblem?.(key) ?? "can't be a key here";
  return {
    at,
    path: join(path, key),
    message: `${shownKey(key)} in ${path} ${problem}`,
    expected: shape.keysExpected,
  };
}

function recordFaults(node: LocatedMap, shape: RecordShape, path: string): ShapeFault[] {
  const missing = shape.fields.filter(({ name, required }) => required && !node.entries.has(name));
  return [
    ...missing.map((field) => missingKey(field, node.at, path)),
    ...[...node.entries].flatMap(([key, { keyAt, value }]) => {
      const field = shape.fields.find(({ name }) => name === key);
      if (field === undefined) return [unknownKey(key, keyAt, shape, path)];
      return field.nullable && isNull(value) ? [] : shapeFaults(value, field.shape, join(path, key));
    }),
  ];
}

const missingKey = ({ name, example }: Field, at: Mark, path: string): ShapeFault => ({
  at,
  path: join(path, name),
  message: `the key "${name}" is missing${path && ` in ${path}`}`,
  expected: `${name}: ${example}`,
});

function unknownKey(key: string, at: Mark, shape: RecordShape, path: string): ShapeFault {
  const names = shape.fields.map(({ name }) => name);
  const elsewhere = shape.elsewhere?.(key);
  return {
    at,
    path: join(path, key),
    message: `unknown key ${shownKey(key)}${path && ` in ${path}`}`,
    expected: elsewhere === undefined ? `one of ${names.join(', ')}` : `it ${elsewhere}`,
    suggestion: elsewhere === undefined ? nearest(key, names) : undefined,
  };
}

/** The same of a whole document. @param noun how messages call it */
export const documentFaults = (node: Located, shape: RecordShape, noun: string): ShapeFault[] =>
  node.kind === 'map' ? recordFaults(node, shape, '') : [wrongType(node, shape, '', noun)];

const wrongType = (node: Located, shape: Shape, path: string, noun = path): ShapeFault => ({
  at: node.at,
  path,
  message: misfit(node, shape, noun),
  expected: expectedOf(shape),
});

function misfit(node: Located, shape: Shape, name: string): string {
  if (isNull(node)) return `${name} has no value`;
  if (shape.kind === 'whole' && isScalarOf(node, 'number')) return `${name} is not valid`;
  return `${name} must be ${TYPE_NAMES[shape.kind]}, not ${typeName(node)}`;
}

const TYPE_NAMES: Readonly<Record<Shape['kind'], string>> = {
  text: 'text',
  choice: 'text',
  flag: 'true or false',
  whole: 'a number',
  list: 'a list',
  map: 'a map',
  record: 'a map',
  either: 'a value or a map',
};

function typeName(node: Located): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (typeof node.value === 'string') return 'text';
  return typeof node.value === 'number' ? 'a number' : String(node.value);
}

/** A key of the user's in a message: cut where it is very long. */
const shownKey = (key: string): string => JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);

/** A path in the document's terms; the root's is empty. */
export const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

interface Primitives {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

const isScalarOf = <T extends keyof Primitives>(
  node: Located,
  type: T,
): node is LocatedScalar & { readonly value: Primitives[T] } =>
  node.kind === 'scalar' && typeof node.value === type;

const isWhole = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
