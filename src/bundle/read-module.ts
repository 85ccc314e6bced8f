import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { MODULE_NAME } from '../model.ts';
import { readDocument } from '../yaml/document.ts';
import { DocumentError } from '../yaml/faults.ts';
import { child, flagAt, keysOf, type Located, type LocatedMap, listAt, textAt } from '../yaml/located.ts';
import { durationMs } from '../yaml/texts.ts';
import type { Module } from './module.ts';
import { givenValue, MODULE_DOCUMENT, variableOf } from './module-fields.ts';

const DEFAULT_TIMEOUT_MS = 600_000;

/**
 * Reads a module's folder.
 * @param folder absolute
 * @param label how messages call the folder
 * @throws DocumentError with every fault of its module.yaml; UsageError where it has none, or no start-up.sh
 */
export async function readModule(folder: string, label: string, origin: Module['origin']): Promise<Module> {
  const name = basename(folder);
  if (!MODULE_NAME.test(name))
    throw new UsageError(`${label}: "${name}" can't be the name of a module`, {
      hint: 'rename the folder: a lower-case letter, then a-z 0-9 and -, at most 32 in all; not files',
    });
  const text = await readFile(join(folder, 'module.yaml'), 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw pathError(`${label}/module.yaml`, 'read', error);
    throw new UsageError(`the module ${name} can't be read: ${label}/module.yaml isn't there`, {
      hint: `write one (docs/modules.md), or make a new module: rolecall module new ${name}`,
    });
  });
  const read = readDocument(text, `${label}/module.yaml`, MODULE_DOCUMENT);
  if (!read.ok)
    throw new DocumentError(
      `the module ${name}`,
      read.faults,
      'mend its module.yaml: docs/modules.md tells its keys',
    );
  const script = await stat(join(folder, 'start-up.sh')).catch(() => undefined);
  if (!script?.isFile())
    throw new UsageError(`the module ${name} has no start-up.sh in ${label}`, {
      hint: 'write it: bash that starts the module, and ends with 0 once it runs',
    });
  return { name, folder, origin, ...contentOf(read.root) };
}

function contentOf(root: LocatedMap): Omit<Module, 'name' | 'folder' | 'origin'> {
  const variables = child(root, 'variables');
  const test = child(root, 'test');
  const given = child(test, 'variables');
  const timeout = textAt(root, 'timeout');
  return {
    description: textAt(root, 'description') ?? '',
    variables: Object.fromEntries(
      keysOf(variables).map((key) => [key, variableOf(child(variables, key) as Located)]),
    ),
    after: listAt(root, 'after'),
    platforms: listAt(root, 'platforms'),
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(timeout),
    provides: listAt(root, 'provides'),
    test: {
      variables: Object.fromEntries(keysOf(given).map((key) => [key, givenValue(child(given, key)) ?? ''])),
      modules: listAt(test, 'modules'),
      network: flagAt(test, 'network') === true,
    },
  };
}
