import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { shownLines } from '../yaml/faults.ts';
import { type Catalogue, CatalogueError } from './catalogue.ts';
import { MAX_CATALOGUE_BYTES, parseCatalogue } from './parse.ts';

const FILE_NAME = 'roles.yaml';

/**
 * The catalogue's absolute path: the given one, or else the nearest roles.yaml in `cwd` or above.
 * @throws UsageError where there is none
 */
export function findCatalogue(cwd: string, given?: string): string {
  if (given !== undefined) {
    const path = resolve(cwd, given);
    if (existsSync(path)) return path;
    throw new UsageError(`there is no catalogue at ${path}`, { hint: `check the path given to --catalogue` });
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const path = join(folder, FILE_NAME);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) break;
  }
  throw new UsageError(`there is no ${FILE_NAME} in ${resolve(cwd)} or any folder above it`, {
    hint: 'name one with --catalogue FILE, or write one: the roles.yaml that ships with rolecall is an example to copy',
  });
}

/**
 * Reads a catalogue.
 * @param path absolute; messages call it by its path relative to `cwd` where it is inside
 * @throws CatalogueError with every fault; UsageError where the file can't be read
 */
export function readCatalogue(path: string, cwd = process.cwd()): Catalogue {
  const label = labelOf(path, cwd);
  const parsed = parseCatalogue(decode(readBytes(path, label), label), label, path);
  if (!parsed.ok) throw new CatalogueError(parsed.faults);
  return parsed.catalogue;
}

function labelOf(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

/** At most a byte more than a catalogue may have, so that a device or a pipe without end does no harm. */
function readBytes(path: string, label: string): Buffer {
  const buffer = Buffer.alloc(MAX_CATALOGUE_BYTES + 1);
  let size = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (let got = -1; got !== 0 && size < buffer.length; size += got) {
        got = readSync(file, buffer, size, buffer.length - size, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(error as NodeJS.ErrnoException, label);
  }
  return buffer.subarray(0, size);
}

function unreadable(error: NodeJS.ErrnoException, label: string): UsageError {
  switch (error.code) {
    case 'EISDIR':
      return new UsageError(`${label} is a folder, not a catalogue`, {
        hint: `give --catalogue ${join(label, FILE_NAME)}`,
      });
    case 'EACCES':
    case 'EPERM':
      return new UsageError(`${label} may not be read by this user`, {
        hint: `check its permissions: ls -l ${label}`,
      });
    default:
      return new UsageError(`${label} can't be read: ${reasonOf(error)}`, {
        hint: 'check the file, then try again',
        cause: error,
      });
  }
}

/** Bytes to text; the first line that is no UTF-8 is a fault with its place. */
function decode(bytes: Buffer, label: string): string {
  // The mark of byte order stays in, so that the text has the file's own hash.
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return strict.decode(bytes);
  } catch {
    throw new CatalogueError([notUtf8(bytes, label)]);
  }
}

function notUtf8(bytes: Buffer, file: string) {
  // In latin1 each byte is one character, so that a line's bytes can be decoded apart.
  const lines = bytes.toString('latin1').split('\n');
  const isBroken = (line: string) => Buffer.from(line, 'latin1').toString('utf8').includes('\ufffd');
  const index = Math.max(0, lines.findIndex(isBroken));
  const sourceLine = Buffer.from(lines[index] ?? '', 'latin1').toString('utf8');
  return {
    file,
    line: index + 1,
    column: sourceLine.indexOf('\ufffd') + 1 || 1,
    length: 1,
    path: '',
    message: 'these bytes are not UTF-8',
    expected: 'a file in UTF-8',
    sourceLine: shownLines(sourceLine)[0] ?? '',
  };
}
