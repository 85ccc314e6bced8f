import { MODULE_NAME, VARIABLE_NAME } from '../model.ts';
import { defined } from '../objects.ts';
import type { ShapeFault } from '../yaml/check.ts';
import type { DocumentKind } from '../yaml/document.ts';
import {
  child,
  entriesOf,
  flagAt,
  isNull,
  keysOf,
  type Located,
  type LocatedMap,
  numberAt,
  textAt,
} from '../yaml/located.ts';
import { expressionProblem } from '../yaml/pattern.ts';
import type { Field, MapShape, RecordShape } from '../yaml/shape.ts';
import { DURATION, list, text, variableKeyProblem } from '../yaml/texts.ts';
import { typeProblem, type Variable } from './module.ts';

const scalar = text('^[^\\u0000]{0,65536}$', 'a text, a number, or true or false', { asWritten: true });
const line = text('^[^\\u0000-\\u001f\\u007f]{1,200}$', 'a line of 1 to 200 characters');
const names = (expected: string) =>
  list(
    text('^[a-z][a-z0-9._-]{0,31}$', 'a lower-case letter, then a-z 0-9 . _ -, at most 32 in all'),
    expected,
  );
const integer = { kind: 'whole', min: -2_147_483_648, max: 2_147_483_647 } as const;

/** What a module says of a variable. */
export const VARIABLE_FIELDS: readonly Field[] = [
  { name: 'description', shape: line, description: 'what it is', required: true, example: 'memory, in MiB' },
  {
    name: 'type',
    shape: { kind: 'choice', values: ['string', 'integer', 'boolean'] },
    description: 'of its value',
    required: true,
    example: 'integer',
  },
  { name: 'default', shape: scalar, description: 'its value where a role gives none', example: '64' },
  {
    name: 'required',
    shape: { kind: 'flag' },
    description: 'the role must give it',
    default: 'false',
    example: 'true',
  },
  {
    name: 'secret',
    shape: { kind: 'flag' },
    description: 'it comes from the operator’s environment or a file, and is never printed',
    default: 'false',
    example: 'true',
  },
  {
    name: 'pattern',
    shape: text('^.{1,512}$', 'a JavaScript regular expression of 1 to 512 characters', {
      problem: expressionProblem,
    }),
    description: 'that the whole of a string must match',
    example: "'[a-z]+'",
  },
  { name: 'minimum', shape: integer, description: 'of an integer', example: '1' },
  { name: 'maximum', shape: integer, description: 'of an integer', example: '65535' },
];

const variables: MapShape = {
  kind: 'map',
  rules: [
    {
      pattern: VARIABLE_NAME.source,
      value: { kind: 'record', fields: VARIABLE_FIELDS } satisfies RecordShape,
      nullable: false,
    },
  ],
  keysExpected:
    'variables (a lower-case letter, then lower-case letters, digits and _, at most 64) to what they are',
  keyProblem: variableKeyProblem,
};

const test: RecordShape = {
  kind: 'record',
  fields: [
    {
      name: 'variables',
      shape: {
        kind: 'map',
        rules: [{ pattern: VARIABLE_NAME.source, value: scalar, nullable: false }],
        keysExpected: 'variables to values',
      },
      description: 'values for the test; secrets too, since they are no secrets there',
      example: '{memcached_mb: 32}',
    },
    {
      name: 'modules',
      shape: list(text(MODULE_NAME.source, 'the name of a module'), 'a list of modules'),
      description: 'modules that are started before it',
      example: '[users]',
    },
    {
      name: 'network',
      shape: { kind: 'flag' },
      description: 'it has to fetch packages: the test needs `--network`',
      default: 'false',
      example: 'true',
    },
  ],
};

/** The keys of a module.yaml. */
export const MODULE_FIELDS: readonly Field[] = [
  {
    name: 'description',
    shape: line,
    description: 'what the module is, in a line',
    required: true,
    example: 'Cache in memory (memcached)',
  },
  {
    name: 'variables',
    shape: variables,
    description: 'what a role may (or must) tell it',
    default: '{}',
    example: '{memcached_mb: {description: memory, type: integer, default: 64}}',
  },
  {
    name: 'after',
    shape: names('a list of modules such as [users]'),
    description: 'modules, or what they provide, that come earlier in the list of a role that has them',
    default: '[]',
    example: '[users]',
  },
  {
    name: 'platforms',
    shape: names('a list of systems such as [debian, amzn]'),
    description: 'where it runs: values of `ID` or `ID_LIKE` in /etc/os-release',
    default: 'any',
    example: '[debian, ubuntu, amzn]',
  },
  {
    name: 'timeout',
    shape: text(DURATION, 'a duration such as 90s, 10m or 1h (from 1s to 99h)'),
    description: 'how long its start may take',
    default: '10m',
    example: '5m',
  },
  {
    name: 'provides',
    shape: names('a list of names such as [java]'),
    description: "names for what it brings, for others' `after`",
    default: '[]',
    example: '[java]',
  },
  {
    name: 'test',
    shape: test,
    description: 'how `rolecall module test` starts it',
    example: '{network: true}',
  },
];

/** A module.yaml. */
export const MODULE_DOCUMENT: DocumentKind = {
  noun: 'module.yaml',
  shape: { kind: 'record', fields: MODULE_FIELDS },
  wanted: 'a description',
  maxBytes: 128 * 1024,
  cross: (root) => [
    ...entriesOf(child(root, 'variables')).flatMap(([name, { value }]) =>
      variableFaults(value, `variables.${name}`),
    ),
    ...testFaults(root),
  ],
};

/** What only several of a variable's fields together can tell. */
function variableFaults(node: Located, path: string): ShapeFault[] {
  const type = textAt(node, 'type');
  const fallback = child(node, 'default');
  const flag = (key: string) => flagAt(node, key) === true;
  const fault = (key: string, message: string, expected: string): ShapeFault[] => {
    const at = child(node, key)?.at ?? node.at;
    return [{ at, path: `${path}.${key}`, message: `${path}.${key} ${message}`, expected }];
  };
  const has = (key: string) => child(node, key) !== undefined;
  if (flag('required') && has('default'))
    return fault('default', 'stands beside required: true', 'one of the two');
  if (flag('secret') && has('default'))
    return fault('default', 'is written for a secret', 'none: a secret stands in no file of a module');
  if (has('pattern') && type !== 'string') return fault('pattern', 'is for strings', 'type: string');
  const bound = ['minimum', 'maximum'].find(has);
  if (bound !== undefined && type !== 'integer') return fault(bound, 'is for integers', 'type: integer');
  const declared = variableOf(node);
  const { minimum, maximum } = declared;
  if (minimum !== undefined && maximum !== undefined && maximum < minimum)
    return fault('maximum', 'is below its minimum', `at least ${minimum}`);
  const value = givenValue(fallback);
  const problem = value === undefined ? undefined : typeProblem(value, declared);
  return problem === undefined ? [] : fault('default', problem.message, problem.expected);
}

function testFaults(root: LocatedMap): ShapeFault[] {
  const declared = child(root, 'variables');
  return entriesOf(child(child(root, 'test'), 'variables')).flatMap(([name, { value: node }]) => {
    const path = `test.variables.${name}`;
    const variable = child(declared, name);
    if (variable === undefined) {
      const names = keysOf(declared);
      const expected = names.length === 0 ? 'none: it has no variables' : `one of ${names.join(', ')}`;
      return [{ at: node.at, path, message: `${path} is no variable of this module`, expected }];
    }
    const value = givenValue(node);
    const problem = value === undefined ? undefined : typeProblem(value, variableOf(variable));
    return problem === undefined
      ? []
      : [{ at: node.at, path, message: `${path} ${problem.message}`, expected: problem.expected }];
  });
}

/** A value as a module gets it: `True` is `true`; undefined where there is none. */
export const givenValue = (node: Located | undefined): string | undefined => {
  if (node?.kind !== 'scalar' || isNull(node)) return undefined;
  return typeof node.value === 'boolean' ? String(node.value) : node.text;
};

/** A variable as its module declares it; the shape has been checked, or a fault is told already. */
export function variableOf(node: Located): Variable {
  const pattern = textAt(node, 'pattern');
  const type = textAt(node, 'type');
  return defined({
    description: textAt(node, 'description') ?? '',
    type: type === 'integer' || type === 'boolean' ? type : 'string',
    default: givenValue(child(node, 'default')),
    required: flagAt(node, 'required') === true,
    secret: flagAt(node, 'secret') === true,
    pattern: pattern !== undefined && expressionProblem(pattern) === undefined ? pattern : undefined,
    minimum: numberAt(node, 'minimum'),
    maximum: numberAt(node, 'maximum'),
  });
}
