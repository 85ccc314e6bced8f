import type { Source } from './git.ts';
import { need } from './git-run.ts';
import type { SubstitutedFile } from './substitutions.ts';

/** A file of an export for which `.gitattributes` asks for more than its bytes. */
export interface AttributedFile {
  /** From the top of the repository. */
  readonly path: string;
  /** Hex: its content as it is committed. */
  readonly blob: string;
  /** export-subst: git fills in `$Format:...$`. */
  readonly substituted: boolean;
  /** The name of its filter: `lfs`, `git-crypt`. */
  readonly filter: string | undefined;
}

/**
 * The files of an export that have the attribute export-subst or filter, by the commit's own `.gitattributes`.
 * @param below folder that is exported; the whole tree without it
 */
export async function attributedFiles(source: Source, below: string | undefined): Promise<AttributedFile[]> {
  const { tree, store } = source;
  const { folder, env } = store;
  const listed = await need(folder, ['ls-tree', '-r', '-z', '--full-tree', tree], { env });
  const blobs = new Map(
    [...listed.matchAll(/[0-7]+ blob ([0-9a-f]+)\t([^\0]+)\0/g)].map(([, blob = '', path = '']) => [
      path,
      blob,
    ]),
  );
  if (![...blobs.keys()].some((path) => /(?:^|\/)\.gitattributes$/.test(path))) return [];
  await need(folder, ['read-tree', tree], { env });
  const exported = [...blobs.keys()].filter((path) => below === undefined || path.startsWith(`${below}/`));
  const found = new Map<string, AttributedFile>();
  for (const { path, name, value } of await valuesOf(source, ['export-subst', 'filter'], exported)) {
    const file = found.get(path) ?? {
      path,
      blob: blobs.get(path) ?? '',
      substituted: false,
      filter: undefined,
    };
    found.set(
      path,
      name === 'filter'
        ? { ...file, filter: NO_NAMES.has(value) ? undefined : value }
        : { ...file, substituted: value === 'set' },
    );
  }
  const asking = [...found.values()].filter(({ substituted, filter }) => substituted || filter !== undefined);
  return await withoutIgnored(source, asking);
}

/** What git answers where an attribute has no value of its own. */
const NO_NAMES = new Set(['unspecified', 'unset', 'set']);

interface AttributeValue {
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** Attributes by the index, which holds the tree. */
async function valuesOf(
  { store: { folder, env } }: Source,
  names: readonly string[],
  paths: readonly string[],
): Promise<AttributeValue[]> {
  const answer = await need(folder, ['check-attr', '--cached', '-z', '--stdin', ...names], {
    env,
    input: paths.map((path) => `${path}\0`).join(''),
  });
  return [...answer.matchAll(/([^\0]+)\0([^\0]+)\0([^\0]*)\0/g)].map(
    ([, path = '', name = '', value = '']) => ({
      path,
      name,
      value,
    }),
  );
}

/** Leaves out what export-ignore leaves out, by itself or with a folder above it. */
async function withoutIgnored(source: Source, files: readonly AttributedFile[]): Promise<AttributedFile[]> {
  const asked = new Set(files.flatMap(({ path }) => waysTo(path)));
  const values = await valuesOf(source, ['export-ignore'], [...asked]);
  const ignored = new Set(values.flatMap(({ path, value }) => (value === 'set' ? [path] : [])));
  return files.filter(({ path }) => !waysTo(path).some((way) => ignored.has(way)));
}

/** A path, and the folders above it; with a slash and without, since patterns may end in one. */
function waysTo(path: string): string[] {
  const parts = path.split('/');
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
  return [path, ...folders.flatMap((folder) => [folder, `${folder}/`])];
}

/** The texts of files that git fills in; it does so for commits only. */
export async function substitutedFiles(
  { dirty, store: { folder, env } }: Source,
  files: readonly AttributedFile[],
): Promise<SubstitutedFile[]> {
  const texts: SubstitutedFile[] = [];
  for (const { path, blob, substituted } of dirty ? [] : files)
    if (substituted) texts.push({ path, text: await need(folder, ['cat-file', 'blob', blob], { env }) });
  return texts;
}
