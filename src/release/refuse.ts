import type { Suspect } from '../archive/suspects.ts';
import { UsageError } from '../errors.ts';
import { optionText, shownPath } from '../text.ts';
import type { Archived } from './archive.ts';
import type { BuildPlan } from './build-plan.ts';
import type { Source } from './git.ts';

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
      {
        hint: 'leave it out; paths are those in the archive, as tar -tzf shows them',
      },
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
