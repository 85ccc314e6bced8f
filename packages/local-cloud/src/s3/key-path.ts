/** A file system takes 255 bytes a name. */
const CHUNK = 200;

/**
 * Where an object lies below its bucket's folder: the key in letters that no file system minds, cut into names that it
 * takes. Every name but the last ends in `+`, which no encoded key holds: so no key's folder lies in another's.
 */
export function keyPath(key: string): readonly string[] {
  const encoded = encodedKey(key);
  const chunks: string[] = [];
  for (let at = 0; at < encoded.length; at += CHUNK) chunks.push(encoded.slice(at, at + CHUNK));
  return chunks.map((chunk, index) => (index < chunks.length - 1 ? `${chunk}+` : chunk));
}

/** The key of a path that keyPath made. */
export const keyOf = (path: readonly string[]): string =>
  decodeURIComponent(joined(path).replaceAll('=', '%'));

/** Whether a name is the first part of longer ones. */
export const isPart = (name: string): boolean => name.endsWith('+');

/** What the names of a path are together: whatever begins with a text, begins with what this makes of it. */
export const joined = (path: readonly string[]): string =>
  path.map((name) => name.replace(/\+$/, '')).join('');

/** Letters, digits, `-` and `_` stay; any other byte of UTF-8 is `=XX`. A dot, too: `..` is no name. */
export const encodedKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/[!'()*.~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%', '=');
