import { createHash } from 'node:crypto';
import type { PathName } from '../model.ts';
import { defined } from '../objects.ts';
import { type DocumentKind, readDocument } from '../yaml/document.ts';
import type { Fault } from '../yaml/faults.ts';
import { child, flagAt, keysOf, type LocatedMap, listAt, textAt } from '../yaml/located.ts';
import type { AppSettings, Catalogue, LocalImage } from './catalogue.ts';
import { crossFaults } from './cross-check.ts';
import { CATALOGUE_SHAPE } from './fields.ts';

/** More than any catalogue that people write; the parser's time is bounded by it. */
export const MAX_CATALOGUE_BYTES = 512 * 1024;

const KIND: DocumentKind = {
  noun: 'the catalogue',
  shape: CATALOGUE_SHAPE,
  wanted: 'version, name, environments, contexts and roles',
  maxBytes: MAX_CATALOGUE_BYTES,
  cross: crossFaults,
};

export type Parsed =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Text to catalogue, or else every fault in it at once, in the order of the text. Pure; throws for no text.
 * @param label what the faults call the file
 * @param path the file's absolute path, for whoever needs its folder
 */
export function parseCatalogue(text: string, label: string, path = label): Parsed {
  const read = readDocument(text, label, KIND);
  if (!read.ok) return read;
  const { root, lines } = read;
  return { ok: true, catalogue: { ...summary(root), label, path, sha256: sha256(text), root, lines } };
}

/** What the catalogue says of itself; the root's shape has been checked. */
function summary(root: LocatedMap): Omit<Catalogue, 'label' | 'path' | 'sha256' | 'root' | 'lines'> {
  const bucket = textAt(root, 'bucket');
  return defined({
    name: textAt(root, 'name') as PathName,
    region: textAt(root, 'region'),
    environments: keysOf(child(root, 'environments')) as PathName[],
    contexts: keysOf(child(root, 'contexts')) as PathName[],
    roles: keysOf(child(root, 'roles')).map((name) => {
      const description = textAt(child(child(root, 'roles'), name), 'description')
        ?.trim()
        .replace(/\s+/g, ' ');
      return defined({ name: name as PathName, description });
    }),
    bucket,
    bucketOwner: textAt(root, 'bucket_owner'),
    beacons: bucket !== undefined && (flagAt(root, 'beacons') ?? true),
    prefix: (textAt(root, 'prefix') ?? '').replace(/[^/]$/, '$&/'),
    apps: keysOf(child(root, 'apps')).map((name) =>
      appOf(name as PathName, child(child(root, 'apps'), name)),
    ),
    modulesFolder: textAt(root, 'modules_folder') ?? 'modules',
    localImage: localImageOf(child(root, 'local_image')),
  });
}

function appOf(name: PathName, node: ReturnType<typeof child>): AppSettings {
  return defined({
    name,
    repository: textAt(node, 'repository'),
    path: textAt(node, 'path'),
    command: textAt(node, 'command'),
    compression: textAt(node, 'compression') === 'zstd' ? 'zstd' : 'gzip',
  });
}

function localImageOf(node: ReturnType<typeof child>): LocalImage | undefined {
  if (node === undefined) return undefined;
  return defined({
    overlay: textAt(node, 'overlay'),
    packages: listAt(node, 'packages'),
    network: flagAt(node, 'network') ?? false,
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
