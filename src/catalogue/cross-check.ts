import { findSecret, isCredentialVariable } from '../redact.ts';
import { nearest } from '../suggest.ts';
import { join, type ShapeFault } from '../yaml/check.ts';
import {
  child,
  entriesOf,
  itemsOf,
  keysOf,
  type Located,
  type LocatedMap,
  type Mark,
  textAt,
} from '../yaml/located.ts';
import { RIVALS } from './settings.ts';

/** What no shape of a single value can tell: names that must exist, doubles, secrets. */
export function crossFaults(root: LocatedMap): ShapeFault[] {
  const roles = entriesOf(child(root, 'roles'));
  return [
    ...roles.flatMap(([role, { value }]) =>
      ['environments', 'contexts'].flatMap((kind) => undeclared(root, value, kind, `roles.${role}.${kind}`)),
    ),
    ...layersOf(root).flatMap(([path, layer]) => [
      ...writtenTwice(layer, path),
      ...repeated(layer, path, 'block_devices', DEVICES),
      ...repeated(layer, path, 'modules', MODULES),
      ...valueSources(child(layer, 'variables'), `${path}.variables`),
      ...credentialVariables(child(layer, 'variables'), `${path}.variables`),
    ]),
    ...secrets(root, ''),
  ];
}

/** Every map of settings in the catalogue, with its path. */
function layersOf(root: LocatedMap): [string, Located][] {
  const under = (node: Located | undefined, path: string): [string, Located][] =>
    entriesOf(node).map(([key, { value }]) => [join(path, key), value]);
  const roles = under(child(root, 'roles'), 'roles');
  return [
    ...under(root, '').filter(([path]) => path === 'defaults'),
    ...under(child(root, 'environments'), 'environments'),
    ...under(child(root, 'contexts'), 'contexts'),
    ...roles.flatMap(([path, role]): [string, Located][] => [
      [path, role],
      ...under(child(role, 'environments'), `${path}.environments`),
      ...under(child(role, 'contexts'), `${path}.contexts`),
    ]),
  ];
}

/** A role's environments and contexts must be among the catalogue's. */
function undeclared(root: LocatedMap, role: Located, kind: string, path: string): ShapeFault[] {
  const known = keysOf(child(root, kind));
  return entriesOf(child(role, kind))
    .filter(([name]) => !known.includes(name))
    .map(([name, { keyAt }]) => ({
      at: keyAt,
      path: join(path, name),
      message: `${path} names "${name}", which the catalogue's ${kind} lack`,
      expected: known.length === 0 ? `${kind} at the top level` : `one of ${known.join(', ')}`,
      suggestion: nearest(name, known),
    }));
}

/** What can be written once or as a list is written one way in a layer. */
const writtenTwice = (layer: Located, path: string): ShapeFault[] =>
  RIVALS.flatMap(([one, list]) => {
    const entry = layer.kind === 'map' && layer.entries.has(one) ? layer.entries.get(list) : undefined;
    if (entry === undefined) return [];
    const message = `${path} has both ${one} and ${list}`;
    return [{ at: entry.keyAt, path: join(path, list), message, expected: 'one of the two' }];
  });

/** Items of a list that name what an earlier one names. */
function repeated(
  layer: Located,
  path: string,
  key: string,
  { noun, nameOf }: { readonly noun: string; readonly nameOf: (item: Located) => string | undefined },
): ShapeFault[] {
  const seen = new Set<string>();
  return itemsOf(child(layer, key)).flatMap((item, index) => {
    const name = nameOf(item);
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    const message = `${path}.${key} names ${name} twice`;
    return [{ at: item.at, path: `${path}.${key}[${index}]`, message, expected: `each ${noun} once` }];
  });
}

const DEVICES = { noun: 'device', nameOf: (item: Located) => textAt(item, 'device') };
const MODULES = {
  noun: 'module',
  nameOf: (item: Located) => (item.kind === 'scalar' ? item.text : undefined),
};

/** A value that isn't written in the catalogue comes from one place. */
const valueSources = (variables: Located | undefined, path: string): ShapeFault[] =>
  entriesOf(variables).flatMap(([name, { value }]) => {
    if (value.kind !== 'map' || value.entries.size === 1) return [];
    const places = value.entries.size === 0 ? 'no place' : 'two places';
    const message = `${join(path, name)} names ${places} that its value comes from`;
    return [{ at: value.at, path: join(path, name), message, expected: 'either env or file' }];
  });

/** Values that would be the operator's AWS credentials, or would lead to them. */
const credentialVariables = (variables: Located | undefined, path: string): ShapeFault[] =>
  entriesOf(variables).flatMap(([name, { value }]) => {
    const env = textAt(value, 'env');
    if (env === undefined || !isCredentialVariable(env)) return [];
    const message = `${join(path, name)} takes ${env}, which is for the operator's own credentials`;
    return [{ at: value.at, path: join(path, name), message, expected: NO_KEYS }];
  });

const NO_KEYS = 'no keys of the operator: an instance_profile gives machines theirs';

/** Keys that users have written down where everybody can read them. The messages hold none of them. */
function secrets(node: Located, path: string, name = ''): ShapeFault[] {
  if (node.kind === 'list')
    return node.items.flatMap((item, index) => secrets(item, `${path}[${index}]`, name));
  if (node.kind === 'scalar') return secretFault(node.text, name, node.at, path);
  return [...node.entries].flatMap(([key, { keyAt, value }]) => {
    const inKey = secretFault(key, '', keyAt, path);
    return inKey.length > 0 ? inKey : secrets(value, join(path, key), key);
  });
}

function secretFault(text: string, name: string, at: Mark, path: string): ShapeFault[] {
  const kind = findSecret(text, name);
  if (kind === undefined) return [];
  const expected = 'no keys in a catalogue: an instance_profile gives machines theirs';
  return [{ at, path, message: `${path || 'the catalogue'} holds ${kind}`, expected }];
}
