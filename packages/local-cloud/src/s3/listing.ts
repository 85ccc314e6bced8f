/** What a listing is asked for. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys and folders that come after it. */
  readonly after: string;
  readonly max: number;
}

/** One page. */
export interface Page<T> {
  readonly objects: readonly T[];
  /** The prefixes up to the first delimiter after the asked prefix, each once. */
  readonly folders: readonly string[];
  /** Where the next page begins; undefined where this is the last. */
  readonly next: string | undefined;
}

/**
 * A page of a listing: objects and folders count alike towards its size.
 * @param objects all that begin with the prefix and come after `after`, in the order of their keys' bytes
 */
export async function pageOf<T extends { readonly key: string }>(
  objects: AsyncIterable<T>,
  { prefix, delimiter, after, max }: ListQuery,
): Promise<Page<T>> {
  const found: T[] = [];
  const folders: string[] = [];
  let last = '';
  for await (const object of objects) {
    const folder = folderOf(object.key, prefix, delimiter);
    // A page that ended with a folder goes on behind all that lies in it.
    if (folder !== undefined && (folder === folders.at(-1) || folder === after)) continue;
    if (found.length + folders.length >= max)
      return { objects: found, folders, next: max === 0 ? undefined : last };
    if (folder === undefined) found.push(object);
    else folders.push(folder);
    last = folder ?? object.key;
  }
  return { objects: found, folders, next: undefined };
}

function folderOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
