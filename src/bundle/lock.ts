import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { entriesOfFolder } from '../archive/entries.ts';
import { reasonOf } from '../errno.ts';
import { ConflictError, UsageError } from '../errors.ts';
import { writeOutput } from '../files/output-file.ts';
import { isObject } from '../objects.ts';
import type { Module } from './module.ts';

/** Where an added module came from, and what it must be. */
export interface LockEntry {
  /** As it was given to `module add`. */
  readonly source: string;
  /** The git commit or npm version that it was taken from. */
  readonly resolved?: string;
  /** Hex SHA-256 over its files. */
  readonly sha256: string;
}

/** By module name. */
export type Lock = Readonly<Record<string, LockEntry>>;

const FILE = 'modules.lock';
const VERSION = 1;
const HEAD = '# Written by `rolecall module add`: what each added module must be. Builds refuse any other.\n';

/** The lock beside the catalogue's own modules; empty where there is none. @throws UsageError */
export async function readLock(shelf: string): Promise<Lock> {
  const path = join(shelf, FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UsageError(`${path} can't be read: ${reasonOf(error)}`, { hint: 'check its rights' });
  }
  const lock = lockOf(text);
  if (lock !== undefined) return lock;
  throw new UsageError(`${path} is damaged: it is no version 1 map of modules to source and sha256`, {
    hint: 'restore it from git, or remove it and add its modules again: rolecall module add SOURCE',
  });
}

function lockOf(text: string): Lock | undefined {
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(content) || content['version'] !== VERSION) return undefined;
  // Somebody who makes the last module theirs leaves a map without entries.
  const modules = content['modules'] ?? ('modules' in content ? {} : undefined);
  if (!isObject(modules)) return undefined;
  const entries = Object.entries(modules).map(([name, entry]) => [name, lockEntryOf(entry)] as const);
  return entries.every((pair): pair is readonly [string, LockEntry] => pair[1] !== undefined)
    ? Object.fromEntries(entries)
    : undefined;
}

/** One entry of a lock, from JSON or YAML; undefined for anything else. */
export function lockEntryOf(value: unknown): LockEntry | undefined {
  if (!isObject(value)) return undefined;
  const { source, resolved, sha256 } = value;
  if (typeof source !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    return undefined;
  return { source, sha256, ...(typeof resolved === 'string' && { resolved }) };
}

/** Writes the lock, sorted by name; whole or not at all. @throws UsageError */
export async function writeLock(shelf: string, lock: Lock): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(lock).sort(([one], [other]) => (one < other ? -1 : 1)));
  const text = HEAD + stringify({ version: VERSION, modules: sorted }, { lineWidth: 0 });
  await writeOutput(join(shelf, FILE), text);
}

/** Hex SHA-256 over the paths, kinds, rights and bytes of a module's files. */
export async function moduleHash(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const entry of entriesOfFolder(folder)) {
    if (entry.kind === 'folder') continue;
    if (entry.kind === 'link') {
      hash.update(`link ${entry.path}\0${entry.target}\0`);
      continue;
    }
    hash.update(`${entry.executable ? 'program' : 'file'} ${entry.path}\0${entry.size}\0`);
    for await (const chunk of entry.content) hash.update(chunk);
  }
  return hash.digest('hex');
}

/**
 * Makes sure that the modules which were added are what they were then.
 * @throws ConflictError with every one that has changed
 */
export async function verifyLock(shelf: string, modules: readonly Module[]): Promise<void> {
  const lock = await readLock(shelf);
  const changed: string[] = [];
  for (const { name, folder, origin } of modules) {
    const entry = origin === 'own' && Object.hasOwn(lock, name) ? lock[name] : undefined;
    if (entry !== undefined && (await moduleHash(folder)) !== entry.sha256)
      changed.push(`${name} (from ${entry.source})`);
  }
  if (changed.length === 0) return;
  throw new ConflictError(`these modules are not what ${FILE} says: ${changed.join(', ')}`, {
    hint: `add them again (rolecall module add SOURCE --force), or make them yours by removing their entries from ${join(shelf, FILE)}`,
  });
}
