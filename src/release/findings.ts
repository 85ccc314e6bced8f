import type { Suspect } from '../archive/suspects.ts';
import { UsageError } from '../errors.ts';
import type { PathName } from '../model.ts';
import { optionText, shownPath } from '../text.ts';
import type { Archived } from './archive.ts';
import type { AttributedFile } from './attributes.ts';
import type { BuildPlan } from './build-plan.ts';
import { submodulesOf } from './export.ts';
import type { Source } from './git.ts';
import { someOf } from './some.ts';
import { type SubstitutedFile, substitutionNotes } from './substitutions.ts';

/** What is found in a build as it is made: what refuses it, and what people should know. */

/** @throws UsageError for an archive that nobody should deploy, with every reason at once */
export function refuse(archived: Archived, plan: BuildPlan, { dirty }: Source): void {
  const { suspects, escapes, files } = archived;
  const secrets = suspects.filter(({ path }) => !plan.allowed.includes(path));
  const faults = [
    ...(escapes.length > 0 ? [leadOut(escapes)] : []),
    ...(secrets.length > 0 ? [leak(secrets)] : []),
  ];
  if (faults.length > 0)
    throw new UsageError(faults.map(({ what }) => what).join('\n'), {
      hint: faults.map(({ hint }) => hint).join('\n'),
    });
  const needless = plan.allowed.find((path) => !suspects.some((suspect) => suspect.path === path));
  if (needless !== undefined)
    throw new UsageError(
      `${optionText('allow-secret', needless)}: no file of the build by that path looks like a secret`,
      { hint: 'leave it out; paths are those in the archive, as tar -tzf shows them' },
    );
  if (files > 0) return;
  const where = plan.path === undefined ? 'the commit' : plan.path;
  throw new UsageError(`the build is empty: ${dirty ? 'the work tree' : where} has no files in it`, {
    hint: 'check `path` of the app in the catalogue, and export-ignore in .gitattributes',
  });
}

/** Entries that a build may not hold, and what to do about them. */
interface Fault {
  readonly what: string;
  readonly hint: string;
}

const leadOut = (escapes: Archived['escapes']): Fault => ({
  what: ['these would lead out of the build:', ...linesOf(escapes)].join('\n'),
  hint: 'make the links relative, to something inside, or leave them out (.gitattributes: PATH export-ignore)',
});

const leak = (secrets: readonly Suspect[]): Fault => ({
  what: ['these files look like secrets, and a build is no place for them:', ...linesOf(secrets)].join('\n'),
  hint: `leave them out (.gitattributes: PATH export-ignore), or say that they may be in it: ${secrets.map(({ path }) => optionText('allow-secret', path)).join(' ')}`,
});

const linesOf = (entries: readonly { readonly path: string; readonly why: string }[]): string[] =>
  entries.map(({ path, why }) => `  ${shownPath(path)} ${why}`);

/** What was found while a build was made. */
interface Findings {
  readonly archived: Archived;
  readonly attributed: readonly AttributedFile[];
  readonly substituted: readonly SubstitutedFile[];
  readonly tag: PathName;
}

/** What people should know of a build, a sentence each. */
export async function notesOf(
  plan: BuildPlan,
  source: Source,
  { archived: { init, lfsPointers }, attributed, substituted, tag }: Findings,
): Promise<readonly string[]> {
  const submodules = plan.command === undefined ? await submodulesOf(source, plan.path) : [];
  return [
    ...(plan.tag === undefined && source.tagName !== undefined && source.tagName !== tag
      ? [
          `the git tag ${source.tagName} can't be the tag of a build, so it is called ${tag}: --tag gives another name`,
        ]
      : []),
    ...(source.dirty ? ['it holds changes that no commit has'] : []),
    ...(plan.dirty && !source.dirty ? ['the work tree has no changes: this is the commit itself'] : []),
    ...(submodules.length > 0 ? [`submodules are not in it: ${submodules.join(', ')}`] : []),
    ...(lfsPointers.length > 0
      ? [
          `pointers of Git LFS are in it in place of the files: ${someOf(lfsPointers).join(', ')}; add them to .gitattributes (PATH filter=lfs) to get the files`,
        ]
      : []),
    ...filterNotes(attributed),
    ...substitutionNotes(substituted),
    ...(init.length === 0 ? ['it has no init scripts (init/**.sh): machines will use those of the AMI'] : []),
  ];
}

/** A filter is a program of the user's, so it doesn't run; Git LFS needs none. */
function filterNotes(attributed: readonly AttributedFile[]): string[] {
  const names = [...new Set(attributed.flatMap(({ filter }) => filter ?? []))].filter(
    (name) => name !== 'lfs',
  );
  return names.map((name) => {
    const paths = attributed.filter(({ filter }) => filter === name).map(({ path }) => path);
    const state = name === 'git-crypt' ? 'encrypted, as they are committed' : 'as they are committed';
    return `the git filter ${name} does not run for a build, so these files are in it ${state}: ${someOf(paths).join(', ')}`;
  });
}
