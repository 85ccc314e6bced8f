import { ACCOUNT } from '../geography.ts';
import { invalidValue } from './ec2-error.ts';
import type { Instance } from './instance.ts';
import { STATE_CODES } from './lifecycle.ts';
import { groups, needText, type Params, texts } from './params.ts';

/** One filter: the thing must have one of the values. */
export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** What a thing offers to a filter of some name; undefined: no such filter. */
export type Fields<T> = (thing: T, name: string) => readonly (string | undefined)[] | undefined;

/** EC2 allows 200 values a filter. */
const MAX_VALUES = 200;

/** The `Filter.N` parameters of a request. */
export function parseFilters(params: Params): Filter[] {
  return groups(params, 'Filter').map((filter) => {
    const name = needText(filter, 'Name');
    const values = texts(filter, 'Value');
    if (values.length > MAX_VALUES)
      throw invalidValue(`The filter '${name}' has ${values.length} values; ${MAX_VALUES} are allowed`);
    return { name, values };
  });
}

/** The things that pass every filter. @throws Ec2Error InvalidParameterValue for a filter that doesn't exist */
export function applyFilters<T>(
  things: readonly T[],
  filters: readonly Filter[],
  fields: Fields<T>,
  known: (name: string) => boolean,
): T[] {
  const odd = filters.find(({ name }) => !known(name));
  if (odd !== undefined) throw invalidValue(`The filter '${odd.name}' is invalid`);
  const tests = filters.map(({ name, values }) => ({ name, matches: anyOf(values) }));
  return things.filter((thing) =>
    tests.every(({ name, matches }) =>
      (fields(thing, name) ?? []).some((value) => value !== undefined && matches(value)),
    ),
  );
}

/** Whether a text is one of the values. Most have no wildcard, and there may be thousands of things to test. */
function anyOf(values: readonly string[]): (text: string) => boolean {
  const plain = new Set(values.filter((value) => !/[*?\\]/.test(value)));
  const patterns = values.filter((value) => !plain.has(value)).map(wildcard);
  return (text) => plain.has(text) || patterns.some((pattern) => pattern.test(text));
}

/** `*` stands for any text, `?` for one character, a backslash takes away their meaning. */
export function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\([\s\S])|[\s\S]/g, (character, escaped: string | undefined) => {
    if (escaped !== undefined) return literal(escaped);
    if (character === '*') return '[\\s\\S]*';
    if (character === '?') return '[\\s\\S]';
    return literal(character);
  });
  return new RegExp(`^${source}$`);
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

type InstanceField = (machine: Instance) => readonly (string | undefined)[];

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
const INSTANCE_FIELDS: Readonly<Record<string, InstanceField>> = {
  'availability-zone': ({ spec }) => [spec.zone],
  'client-token': ({ spec }) => [spec.clientToken],
  'iam-instance-profile.arn': ({ spec }) => [spec.instanceProfile],
  'image-id': ({ spec }) => [spec.imageId],
  'instance-id': ({ spec }) => [spec.id],
  'instance-lifecycle': ({ spec }) => [spec.spot ? 'spot' : undefined],
  'instance-state-code': ({ life }) => [String(STATE_CODES[life.state])],
  'instance-state-name': ({ life }) => [life.state],
  'instance-type': ({ spec }) => [spec.instanceType],
  'instance.group-id': ({ spec }) => spec.securityGroups,
  'key-name': ({ spec }) => [spec.keyName],
  'launch-index': ({ spec }) => [String(spec.launchIndex)],
  'owner-id': () => [ACCOUNT],
  'private-ip-address': ({ spec }) => [spec.privateIp],
  'reservation-id': ({ spec }) => [spec.reservationId],
  'state-reason-code': ({ life }) => [life.reason?.code],
  'subnet-id': ({ spec }) => [spec.subnetId],
  'tag-key': ({ tags }) => Object.keys(tags),
  'vpc-id': ({ spec }) => [spec.vpcId],
};

/** The machines that pass every filter. */
export const filterInstances = (machines: readonly Instance[], filters: readonly Filter[]): Instance[] =>
  applyFilters(
    machines,
    filters,
    (machine, name) =>
      name.startsWith('tag:') ? [machine.tags[name.slice(4)]] : INSTANCE_FIELDS[name]?.(machine),
    (name) => name.startsWith('tag:') || Object.hasOwn(INSTANCE_FIELDS, name),
  );
