import { Ec2Error, invalidValue } from './ec2-error.ts';

/**
 * The parameters of an EC2 query request as a tree: `Filter.1.Value.2=x` is `{Filter: {1: {Value: {2: 'x'}}}}`.
 * The objects have no prototype, so no name that a client sends can reach one.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
export interface Params {
  readonly [name: string]: Params | string;
}

type Tree = { [name: string]: Tree | string };

/** Deeper than any EC2 parameter. */
const MAX_DEPTH = 12;

/**
 * Parses `application/x-www-form-urlencoded` text into a tree.
 * @throws Ec2Error MalformedQueryString for an empty part, a repeated name, or a name that is both value and structure
 */
export function parseParams(query: string): Params {
  const tree: Tree = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) place(tree, name, value);
  return tree;
}

function place(tree: Tree, name: string, value: string): void {
  const parts = name.split('.');
  if (parts.length > MAX_DEPTH || parts.includes(''))
    throw malformed(`The parameter name ${name} is not valid`);
  const last = parts.pop() ?? '';
  let node = tree;
  for (const part of parts) {
    const child = node[part] ?? (Object.create(null) as Tree);
    node[part] = child;
    if (typeof child === 'string') throw malformed(`The parameter ${name} is both a value and a structure`);
    node = child;
  }
  if (node[last] !== undefined) throw malformed(`The parameter ${name} appears twice`);
  node[last] = value;
}

const malformed = (message: string): Ec2Error => new Ec2Error('MalformedQueryString', message);

/** A parameter's text; undefined where it is absent or empty (EC2 takes an empty value as absent). */
export function text(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalidValue(`The parameter ${name} must be a single value`);
  return value;
}

/** A parameter's text. @throws Ec2Error MissingParameter */
export function needText(params: Params, name: string): string {
  const value = text(params, name);
  if (value === undefined)
    throw new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);
  return value;
}

/** A structure's fields; empty where it is absent. */
export function group(params: Params, name: string): Params {
  const value = params[name];
  if (typeof value === 'string') throw invalidValue(`The parameter ${name} must be a structure`);
  return value ?? {};
}

/** A list's members in the order of their numbers, which may have gaps. */
function members(params: Params, name: string): (Params | string)[] {
  const value = params[name];
  if (value === undefined) return [];
  if (typeof value === 'string') throw invalidValue(`The parameter ${name} must be a list: ${name}.1, ...`);
  const numbers = Object.keys(value);
  const odd = numbers.find((key) => !/^[1-9]\d{0,5}$/.test(key));
  if (odd !== undefined) throw invalidValue(`The parameter ${name}.${odd} must be numbered from ${name}.1`);
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => value[number] ?? '');
}

/** A list of texts (`InstanceId.1=...`). */
export function texts(params: Params, name: string): string[] {
  return members(params, name).map((member) => {
    if (typeof member !== 'string') throw invalidValue(`The members of ${name} must be single values`);
    return member;
  });
}

/** A list of structures (`Filter.1.Name=...`). */
export function groups(params: Params, name: string): Params[] {
  return members(params, name).map((member) => {
    if (typeof member === 'string') throw invalidValue(`The members of ${name} must be structures`);
    return member;
  });
}

/** A boolean; undefined where it is absent. */
export function flag(params: Params, name: string): boolean | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (!/^(true|false)$/i.test(value))
    throw invalidValue(`Value (${value}) for parameter ${name} is invalid. Expecting true or false`);
  return value.toLowerCase() === 'true';
}

/** A whole number within bounds; undefined where it is absent. */
export function integer(params: Params, name: string, min: number, max: number): number | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  const number = /^-?\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw invalidValue(
    `Value ( ${value} ) for parameter ${name} is invalid. Expecting a value between ${min} and ${max}`,
  );
}
