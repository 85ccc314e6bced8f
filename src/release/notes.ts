import type { PathName } from '../nouns.ts';
import type { Archived } from './archive.ts';
import type { BuildPlan } from './build.ts';
import { type Source, submodulesOf } from './git.ts';

/** What people should know of a build, a sentence each. */
export async function notesOf(
  plan: BuildPlan,
  source: Source,
  { init, lfsPointers }: Archived,
  tag: PathName,
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
          `pointers of Git LFS are in it in place of the files: ${lfsPointers.join(', ')}; run git lfs install and git lfs pull in the repository, then build again`,
        ]
      : []),
    ...(init.length === 0 ? ['it has no init scripts (init/**.sh): machines will use those of the AMI'] : []),
  ];
}
