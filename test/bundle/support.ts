import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Entry } from '../../src/archive/entries.ts';
import type { Module } from '../../src/bundle/module.ts';
import { readModule } from '../../src/bundle/read-module.ts';
import type { ModuleUse } from '../../src/catalogue/role.ts';
import { RolecallError } from '../../src/errors.ts';
import type { BundleKey } from '../../src/model.ts';
import type { Mark } from '../../src/yaml/located.ts';

/** A key that a test may print. */
export const KEY = '0123456789abcdef'.repeat(4) as BundleKey;

/** A new folder; the test removes it. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'rolecall-bundle-test-'));

/** Writes a file with the folders above it. @returns its path */
export function write(path: string, text: string | Buffer, mode = 0o644): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** Writes a module of this module.yaml. @returns its folder */
export function moduleIn(shelf: string, name: string, yaml = `description: The module ${name}\n`): string {
  write(join(shelf, name, 'module.yaml'), yaml);
  write(join(shelf, name, 'start-up.sh'), '#!/bin/bash\ntrue\n', 0o755);
  return join(shelf, name);
}

export const readOwn = (folder: string): Promise<Module> => readModule(folder, 'modules/it', 'own');

/** What an expected failure said: `EXIT: MESSAGE\nHINT`. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'nothing was refused';
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}\n${error.hint}`;
  }
}

/** A file of an archive that is to be. */
export function fileEntry(path: string, text: string | Buffer, executable = false): Entry {
  const bytes = Buffer.from(text);
  const content = (async function* () {
    yield bytes;
  })();
  return { kind: 'file', path, size: bytes.length, executable, content };
}

export async function* entriesOf(...entries: readonly Entry[]): AsyncGenerator<Entry, void> {
  yield* entries;
}

/** What stock openssl makes of a sealed file. */
export const opensslOpens = (path: string, key: string): Buffer =>
  execFileSync('openssl', [...'enc -d -aes-256-cbc -pbkdf2 -pass env:KEY -in'.split(' '), path], {
    env: { ...process.env, KEY: key },
    maxBuffer: 1 << 30,
  });

/** What stock openssl seals. */
export const opensslSeals = (bytes: Buffer, key: string): Buffer =>
  execFileSync('openssl', 'enc -e -aes-256-cbc -pbkdf2 -salt -pass env:KEY'.split(' '), {
    env: { ...process.env, KEY: key },
    input: bytes,
    maxBuffer: 1 << 30,
  });

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** A module that nobody reads from a folder. */
export const moduleOf = (name: string, more: Partial<Module> = {}): Module => ({
  name,
  folder: `/nowhere/${name}`,
  origin: 'own',
  description: `The module ${name}`,
  variables: {},
  after: [],
  platforms: [],
  timeoutMs: 600_000,
  provides: [],
  test: { variables: {}, modules: [], network: false },
  ...more,
});

/** A role's list with a module a line. */
export const usesOf = (...names: readonly string[]): ModuleUse[] =>
  names.map((name, index) => ({ name, at: markAt(index + 1) }));

export const lineOf = ({ source }: Mark): number => (source.kind === 'file' ? source.line : 0);

/** A place in a catalogue. */
export const markAt = (line: number): Mark => ({
  source: { kind: 'file', file: 'roles.yaml', line, column: 1 },
  length: 1,
});
