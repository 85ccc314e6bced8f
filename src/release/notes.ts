import type { PathName } from '../model.ts';
import type { Archived } from './archive.ts';
import type { AttributedFile } from './attributes.ts';
import type { BuildPlan } from './build-plan.ts';
import { submodulesOf } from './export.ts';
import type { Source } from './git.ts';
import { someOf } from './some.ts';
import { type SubstitutedFile, substitutionNotes } from './substitutions.ts';

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
