import { posix } from 'node:path';
import type { Options } from 'yargs';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { ALLOW_SECRET } from '../cli/options.ts';
import type { PathName } from '../model.ts';
import type { BuiltFile } from '../release/build.ts';
import type { BuildPlan } from '../release/build-plan.ts';
import { actorOf, repositoryOf, settingsOfApp } from './release.ts';
import type { Runtime } from './runtime.ts';

/** What is built, and how. */
export const buildOptions = {
  dirty: {
    type: 'boolean',
    default: false,
    describe: 'Build the work tree with its changes, and mark it so',
  },
  tag: {
    type: 'string',
    requiresArg: true,
    describe: "Tag of the build (default: the git tag's name, else the commit's first 12 digits)",
  },
  compression: {
    type: 'string',
    requiresArg: true,
    choices: ['gzip', 'zstd'],
    describe: "Compression of the archive (default: the catalogue's, else gzip)",
  },
  'allow-secret': ALLOW_SECRET,
} as const satisfies Record<string, Options>;

/** The values of buildOptions, and the ref. */
export interface BuildWords {
  readonly ref?: string | undefined;
  readonly dirty: boolean;
  readonly tag?: string | undefined;
  readonly compression?: string | undefined;
  readonly 'allow-secret'?: readonly string[] | undefined;
}

/** Builds what the words and the catalogue say, telling people what takes its time. */
export async function buildFrom(
  words: BuildWords,
  catalogue: Catalogue,
  app: PathName,
  target: string,
  runtime: Runtime,
): Promise<BuiltFile> {
  const { buildArchive } = await import('../release/build.ts');
  const settings = settingsOfApp(catalogue, app);
  const plan: BuildPlan = {
    app,
    repository: repositoryOf(catalogue, settings),
    ref: words.ref ?? 'HEAD',
    dirty: words.dirty,
    tag: words.tag,
    path: settings.path === undefined ? undefined : inRepository(settings.path),
    command: settings.command,
    compression: (words.compression as BuildPlan['compression'] | undefined) ?? settings.compression,
    allowed: words['allow-secret'] ?? [],
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
