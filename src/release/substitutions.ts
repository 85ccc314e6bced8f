import { UsageError } from '../errors.ts';

/** What `$Format:...$` asks for that isn't the same for everybody who has the commit. */
type Difference = 'refs' | 'abbreviated' | 'mailmap' | 'now' | 'keyring';

/** By git's placeholders. @see https://git-scm.com/docs/pretty-formats */
const DIFFERENCES: readonly (readonly [Difference, RegExp])[] = [
  ['refs', /^(?:[dDSN]|g.|\((?:decorate|describe)\b[^)]*\))$/],
  ['abbreviated', /^[htp]$/],
  ['mailmap', /^[ac][NEL]$/],
  ['now', /^[ac][rh]$/],
  ['keyring', /^G.$/],
];

/** Git leaves a difference out, or it can't be left out. */
const LEFT_OUT: Readonly<Record<Exclude<Difference, 'now' | 'keyring'>, string>> = {
  refs: 'names of refs and notes are not filled in',
  abbreviated: 'hashes stand in full',
  mailmap: 'names stand as they are in the commit',
};
const REFUSED: Readonly<Record<Extract<Difference, 'now' | 'keyring'>, string>> = {
  now: 'changes with the time of the build',
  keyring: "depends on this machine's keys",
};

/** A file with the attribute export-subst. */
export interface SubstitutedFile {
  readonly path: string;
  /** As it is committed. */
  readonly text: string;
}

interface Asked {
  readonly placeholder: string;
  readonly difference: Difference;
}

/** The placeholders of a text whose values differ from clone to clone. */
function askedIn(text: string): Asked[] {
  const formats = [...text.matchAll(/\$Format:([^$]*)\$/g)].map(([, format = '']) => format);
  return formats.flatMap((format) =>
    [...format.replace(/%%/g, '').matchAll(/%[-+ ]?(\([^)]*\)|[acgG].|.)/g)].flatMap(
      ([placeholder, name = '']) => {
        const difference = DIFFERENCES.find(([, pattern]) => pattern.test(name))?.[0];
        return difference === undefined ? [] : [{ placeholder, difference }];
      },
    ),
  );
}

const listed = (asked: readonly Asked[]): string =>
  [...new Set(asked.map(({ placeholder }) => placeholder))].join(', ');

/** A sentence for each file that doesn't get what it asks for. */
export const substitutionNotes = (files: readonly SubstitutedFile[]): string[] =>
  files.flatMap(({ path, text }) => {
    const asked = askedIn(text);
    const kinds = [...new Set(asked.map(({ difference }) => difference))];
    const left = kinds.flatMap((kind) => (kind in LEFT_OUT ? [LEFT_OUT[kind as keyof typeof LEFT_OUT]] : []));
    if (left.length === 0) return [];
    return [
      `${path} asks git for ${listed(asked)} (export-subst): ${left.join(', ')}, because they differ from clone to clone; a build command gets the tag as ROLECALL_TAG`,
    ];
  });

/** @throws UsageError for a file that can't be the same in two builds of one commit */
export function refuseSubstitutions(files: readonly SubstitutedFile[]): void {
  const lines = files.flatMap(({ path, text }) =>
    askedIn(text).flatMap(({ placeholder, difference }) =>
      difference in REFUSED
        ? [`  ${path}: ${placeholder} ${REFUSED[difference as keyof typeof REFUSED]}`]
        : [],
    ),
  );
  if (lines.length === 0) return;
  throw new UsageError(
    ['the same commit would give another build each time: git fills in ($Format:...$)', ...lines].join('\n'),
    {
      hint: 'use a placeholder of the commit itself (%H, %cI, %s), or take export-subst from .gitattributes',
    },
  );
}
