import type { Build } from '../model.ts';
import type { BuiltFile, Moved } from '../release/results.ts';
import type { PublishedRelease } from '../results/release.ts';
import { counted, sizeText, wrap } from '../text.ts';

/** Sentences that fit the window; a path stays in one piece. */
export const sentences = (text: string, columns: number | undefined): string =>
  columns === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) =>
          line === '' || /^ +(?:SHA-256 )?\S+$/.test(line) ? [line] : wrap(line, columns, 2),
        )
        .join('\n');

/** The first digits of a commit, as people know it. */
export const commitText = ({ commit, dirty }: Pick<Build, 'commit' | 'dirty'>): string =>
  `commit ${commit.slice(0, 12)}${dirty ? ' with changes' : ''}`;

/** The commit of a build that was read from the bucket: nobody has compared it with git. */
export const manifestCommit = (build: Pick<Build, 'commit' | 'dirty'>): string =>
  `its manifest says ${commitText(build)}`;

/** A build as data: its manifest's words. */
export const buildDocument = (build: Build) => ({
  app: build.app,
  tag: build.tag,
  archive: build.archive,
  sha256: build.sha256,
  size: build.size,
  ...(build.parts !== undefined && { part_size: build.parts.partSize, parts_sha256: build.parts.sha256 }),
  tar_sha256: build.tarSha256,
  tar_size: build.tarSize,
  commit: build.commit,
  committed: new Date(build.committedAt).toISOString(),
  dirty: build.dirty,
  created: new Date(build.createdAt).toISOString(),
  by: build.by,
  init: build.init,
});

const noteLines = (notes: readonly string[]): string => notes.map((note) => `note: ${note}\n`).join('');

export const builtText = ({ build, path, files, notes }: BuiltFile): string =>
  `built ${build.app} ${build.tag}: ${commitText(build)}, ${counted(files, 'file')}, ${sizeText(build.size)}\n  ${path}\n${noteLines(notes)}`;

export const builtDocument = ({ build, path, manifestPath, files, notes }: BuiltFile) => ({
  build: buildDocument(build),
  file: path,
  manifest: manifestPath,
  files,
  notes,
});

/** What a publication came to, in a sentence. */
function outcomeText({ outcome, build }: PublishedRelease): string {
  const name = `${build.app} ${build.tag}`;
  switch (outcome) {
    case 'created':
      return `published ${name} (${commitText(build)}, ${sizeText(build.size)})`;
    case 'repaired':
      return `repaired ${name} (${commitText(build)}, ${sizeText(build.size)}): a part of it was missing or damaged in the bucket`;
    case 'present':
      return `${name} was published already, by ${build.by} (${manifestCommit(build)}): the archive in the bucket has the same files`;
  }
}

export function publishedText(shown: PublishedRelease): string {
  const { build, notes, environment, promoted, url } = shown;
  const move = environment === undefined || promoted === undefined ? '' : movedText(promoted, environment);
  return `${outcomeText(shown)}
  ${url}
  SHA-256 ${build.sha256}
${noteLines(notes)}${move}`;
}

export const publishedDocument = ({
  build,
  outcome,
  notes,
  environment,
  promoted,
  url,
}: PublishedRelease) => ({
  build: buildDocument(build),
  created: outcome === 'created',
  repaired: outcome === 'repaired',
  url,
  notes,
  promoted: promoted === undefined ? null : { environment, from: promoted.from, changed: promoted.changed },
});

export function movedText({ build, from, changed }: Moved, environment: string): string {
  const to = `${build.app} ${build.tag} (${manifestCommit(build)})`;
  if (!changed) return `${environment} deploys ${to} already: nothing was changed\n`;
  return `${environment} deploys ${to} now${from === null ? '' : `, after ${from}`}\n`;
}

export const movedDocument = ({ build, from, changed }: Moved, environment: string) => ({
  environment,
  from,
  to: build.tag,
  changed,
  build: buildDocument(build),
});
