import { join, posix, resolve } from 'node:path';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { PathName } from '../../model.ts';
import type { BuildPlan } from '../../release/build-plan.ts';
import type { BuiltFile } from '../../release/results.ts';
import type { Runtime } from '../runtime.ts';
import { openCatalogue } from '../session.ts';
import { actorOf, appOf, repositoryOf, settingsOfApp } from './app.ts';

/** What is built, and how. */
export interface BuildInput {
  readonly catalogue?: string | undefined;
  readonly app?: string | undefined;
  readonly ref?: string | undefined;
  readonly dirty: boolean;
  readonly tag?: string | undefined;
  readonly compression?: string | undefined;
  readonly allowSecret?: readonly string[] | undefined;
}

/**
 * Makes an archive of a git ref, and its manifest beside it.
 * @param file the archive's file, or a folder for it: one that ends in a slash need not be there yet
 */
export async function build(input: BuildInput, file: string, runtime: Runtime): Promise<BuiltFile> {
  const catalogue = await openCatalogue(input, runtime);
  const path = resolve(runtime.cwd, file);
  const target = file.endsWith('/') ? join(path, '/') : path;
  return await buildFrom(input, catalogue, appOf(input.app, catalogue), target, runtime);
}

/** Builds what the input and the catalogue say, telling people what takes its time. */
export async function buildFrom(
  input: BuildInput,
  catalogue: Catalogue,
  app: PathName,
  target: string,
  runtime: Runtime,
): Promise<BuiltFile> {
  const { buildArchive } = await import('../../release/build.ts');
  const settings = settingsOfApp(catalogue, app);
  const plan: BuildPlan = {
    app,
    repository: repositoryOf(catalogue, settings),
    ref: input.ref ?? 'HEAD',
    dirty: input.dirty,
    tag: input.tag,
    path: settings.path === undefined ? undefined : inRepository(settings.path),
    command: settings.command,
    compression: (input.compression as BuildPlan['compression'] | undefined) ?? settings.compression,
    allowed: input.allowSecret ?? [],
    by: actorOf(runtime),
  };
  const onOutput = (chunk: Buffer) => runtime.user.pass(chunk);
  const building = buildArchive(plan, target, { now: runtime.clock.now, signal: runtime.signal, onOutput });
  // A command's own output is all that people should see then.
  if (plan.command !== undefined) return await building;
  return await runtime.user.waiting({ doing: `building ${app}`, toTheEnd: true }, building);
}

/** Returns a path as git writes those of a tree; undefined for the whole repository. */
function inRepository(path: string): string | undefined {
  const plain = posix.normalize(path).replace(/\/+$/, '');
  return plain === '.' ? undefined : plain;
}
