import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathError } from '../errno.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { type Draft, draftIn, regularOutput, writeOutput } from '../files/output-file.ts';
import { type Build, isPathName, type PathName } from '../model.ts';
import { checkScripts } from '../scripts/check.ts';
import { noteText, scriptError } from '../scripts/script.ts';
import type { Archived } from './archive.ts';
import { archiveSource } from './archive-source.ts';
import { attributedFiles, substitutedFiles } from './attributes.ts';
import type { BuildPlan, BuildTools } from './build-plan.ts';
import { notesOf, refuse } from './findings.ts';
import { type Source, sourceOf } from './git.ts';
import { archiveName, renderManifest } from './manifest.ts';
import type { BuiltFile } from './results.ts';
import { refuseSubstitutions } from './substitutions.ts';
import { workTree } from './work-tree.ts';

/** Where the manifest of an archive lies. */
export const manifestPathOf = (archive: string): string => `${archive}.json`;

/**
 * Builds an archive and its manifest; a failure leaves neither.
 * @param target where the archive goes: a file, or a folder (one that is there, or a slash at the end), in which its name is
 *   the build's
 * @throws UsageError for whatever can't be built, or mustn't be
 */
export async function buildArchive(plan: BuildPlan, target: string, tools: BuildTools): Promise<BuiltFile> {
  const intoFolder = target.endsWith('/') || (await isFolder(target));
  const folder = intoFolder ? target : dirname(target);
  await makeFolder(folder).catch(unwritable(folder));
  const place = intoFolder ? folder : dirname(await requireWritable(target));
  const draft = await draftIn(place);
  try {
    return await buildInto(
      plan,
      (build) => (intoFolder ? join(target, build.archive) : target),
      draft,
      tools,
    );
  } catch (error) {
    throw tools.signal.aborted ? new InterruptedError('the build was interrupted') : error;
  } finally {
    await draft.discard();
  }
}

async function buildInto(
  plan: BuildPlan,
  pathOf: (build: Build) => string,
  draft: Draft,
  tools: BuildTools,
): Promise<BuiltFile> {
  const source = plan.dirty ? await workTree(plan.repository) : await sourceOf(plan.repository, plan.ref);
  try {
    const tag = plan.tag === undefined ? tagOf(source) : checkedTag(plan.tag);
    const attributed = await attributedFiles(source, plan.command === undefined ? plan.path : undefined);
    const substituted = await substitutedFiles(source, attributed);
    refuseSubstitutions(substituted);
    const archived = await draft.fill((file) =>
      archiveSource(plan, source, attributed, { tag, draft: file, ...tools }),
    );
    refuse(archived, plan, source);
    const scripts = await checkScripts(archived.scripts, tools.signal);
    if (scripts.faults.length > 0) throw scriptError(scripts.faults);
    const build = buildOf(plan, source, tag ?? dirtyTag(source, archived), archived, tools.now());
    const path = pathOf(build);
    await requireWritable(path);
    await writeOutput(manifestPathOf(path), renderManifest(build));
    await draft.commit(path);
    const notes = [
      ...(await notesOf(plan, source, { archived, attributed, substituted, tag: build.tag })),
      ...scripts.notes.map(noteText),
    ];
    return { build, path, manifestPath: manifestPathOf(path), files: archived.files, notes };
  } finally {
    await source.close();
  }
}

/** @returns the path behind the links. @throws UsageError where the archive and its manifest can't be two files */
async function requireWritable(path: string): Promise<string> {
  await regularOutput(manifestPathOf(path));
  return (await regularOutput(path)).path;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

const unwritable = (path: string) => (error: Error) => {
  throw pathError(path, 'written', error);
};

/** @throws UsageError */
function checkedTag(tag: string): PathName {
  if (isPathName(tag)) return tag;
  throw new UsageError(`"${tag}" can't be the tag of a build`, {
    hint: 'use 1 to 64 letters, digits and . _ - that begin with a letter or digit',
  });
}

/** The ref's own name where it is a tag that can be one, else the commit's first digits; none yet where it holds changes. */
function tagOf({ commit, dirty, tagName }: Source): PathName | undefined {
  if (dirty) return undefined;
  return tagName !== undefined && isPathName(tagName) ? tagName : shortOf(commit);
}

/** Changes are named by what they make: no commit tells them apart. */
const dirtyTag = ({ commit }: Source, { tarSha256 }: Archived): PathName =>
  `${shortOf(commit)}-dirty-${tarSha256.slice(0, 8)}` as PathName;

const shortOf = (commit: string): PathName => commit.slice(0, 12) as PathName;

const buildOf = (plan: BuildPlan, source: Source, tag: PathName, archived: Archived, now: number): Build => ({
  app: plan.app,
  tag,
  archive: archiveName(tag, plan.compression),
  sha256: archived.sha256,
  size: archived.size,
  tarSha256: archived.tarSha256,
  tarSize: archived.tarSize,
  commit: source.commit,
  committedAt: source.committedAt,
  dirty: source.dirty,
  createdAt: now,
  by: plan.by,
  init: archived.init,
});
