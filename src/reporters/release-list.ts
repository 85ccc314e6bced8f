import type { Build } from '../model.ts';
import { elapsed, glued, printable, sizeText, table, wrap } from '../text.ts';
import { buildDocument, commitText, sentences } from './release.ts';

/** What is there and can't be read: a build by its tag, a pointer by its environment. */
interface Damaged {
  readonly name: string;
  readonly fault: { readonly message: string; readonly hint: string | undefined };
}

interface BuildList {
  readonly app: string;
  readonly builds: readonly Build[];
  /** Environment to tag. */
  readonly pointers: ReadonlyMap<string, string>;
  readonly damaged: readonly Damaged[];
  readonly damagedPointers: readonly Damaged[];
}

interface ShownBuild {
  readonly build: Build;
  readonly movedAt: number | undefined;
  readonly by: string | undefined;
}

interface History {
  readonly app: string;
  readonly environment: string;
  readonly tag: string | null;
  readonly moves: readonly {
    readonly at: string;
    readonly by: string;
    readonly action: string;
    readonly from: string | null;
    readonly to: string;
    readonly why: string | null;
  }[];
}

/** `3 h ago`. */
export const ageText = (at: number, now: number): string => `${agoText(Math.max(0, now - at))} ago`;

function agoText(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 1) return elapsed(ms);
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} days`;
}

const fitted = (rows: readonly (readonly string[])[], columns: number | undefined): string =>
  (columns === undefined
    ? table(rows)
    : // A cell stays in one piece where a row is broken.
      table(rows.map((row) => row.map(glued))).flatMap((line) => wrap(line, columns, 4))
  )
    .map((line) => `${line}\n`)
    .join('');

export function listText(list: BuildList, now: number, columns: number | undefined): string {
  const { app, builds, pointers, damaged } = list;
  const warnings = warningsOf(list)
    .map((line) => sentences(`${line}\n`, columns))
    .join('');
  const none = damaged.length === 0 ? `no build of ${app} is published yet\n` : '';
  if (builds.length === 0) return `${none}${warnings}`;
  const rows = builds.map((build) => [
    build.tag,
    build.commit.slice(0, 12) + (build.dirty ? '+' : ''),
    ageText(build.createdAt, now),
    sizeText(build.size),
    printable(build.by),
    [...pointers]
      .filter(([, tag]) => tag === build.tag)
      .map(([environment]) => `<- ${environment}`)
      .join(' '),
  ]);
  return fitted(rows, columns) + warnings;
}

/** What is wrong, a line each; below what is damaged, what to do about it. */
function warningsOf({ builds, pointers, damaged, damagedPointers }: BuildList): string[] {
  const lost = [...pointers].flatMap(([environment, tag]) => {
    if (builds.some((build) => build.tag === tag)) return [];
    const what = damaged.some(({ name }) => name === tag) ? 'damaged' : 'not there';
    return [`${environment} deploys ${tag}, which is ${what}`];
  });
  const told = (what: string, { name, fault }: Damaged): string[] => [
    `damaged ${what} ${printable(name)}: ${printable(fault.message)}`,
    ...(fault.hint === undefined ? [] : [`  ${printable(fault.hint)}`]),
  ];
  return [
    ...damaged.flatMap((each) => told('build', each)),
    ...damagedPointers.flatMap((each) => told('pointer of', each)),
    ...lost,
  ];
}

export const listDocument = ({ app, builds, pointers, damaged, damagedPointers }: BuildList) => ({
  app,
  builds: builds.map(buildDocument),
  environments: Object.fromEntries(pointers),
  damaged: {
    builds: Object.fromEntries(damaged.map(({ name, fault }) => [name, fault.message])),
    environments: Object.fromEntries(damagedPointers.map(({ name, fault }) => [name, fault.message])),
  },
});

export function showText(
  { build, movedAt, by }: ShownBuild,
  now: number,
  columns: number | undefined,
): string {
  const rows: [string, string][] = [
    ['build', `${build.app} ${build.tag}`],
    [
      'commit',
      `${commitText(build).replace('commit ', '')}, made ${ageText(build.committedAt, now)} (as the manifest says)`,
    ],
    ['published', `${ageText(build.createdAt, now)}, by ${printable(build.by)}`],
    ...(movedAt === undefined
      ? []
      : [['promoted', `${ageText(movedAt, now)}, by ${printable(by ?? 'somebody')}`] as [string, string]]),
    ['archive', `${build.archive}, ${sizeText(build.size)} (${sizeText(build.tarSize)} unpacked)`],
    ['sha256', build.sha256],
    ...build.init.map((path, index): [string, string] => [index === 0 ? 'init' : '', path]),
  ];
  return fitted(rows, columns);
}

export const showDocument = ({ build, movedAt, by }: ShownBuild) => ({
  build: buildDocument(build),
  promoted: movedAt === undefined ? null : { at: new Date(movedAt).toISOString(), by: by ?? null },
});

export function historyText({ app, environment, tag, moves }: History, columns: number | undefined): string {
  if (tag === null) return `no build of ${app} was promoted to ${environment} yet\n`;
  if (moves.length === 0) return `${environment} deploys ${app} ${tag}; how it came there is not known\n`;
  const rows = moves.map(({ at, action, from, to, by, why }) => [
    at.replace(/\.\d+Z$/, 'Z'),
    action,
    from === null ? to : `${from} -> ${to}`,
    printable(by),
    why === null ? '' : printable(why),
  ]);
  return fitted(rows, columns);
}

export const historyDocument = ({ app, environment, tag, moves }: History) => ({
  app,
  environment,
  tag,
  moves: moves.map(({ at, by, action, from, to, why }) => ({ at, by, action, from, to, why })),
});
