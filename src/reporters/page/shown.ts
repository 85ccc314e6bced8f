import { excerptAround } from '../../results/clusters.ts';
import type { ClusterDocument, LaunchDocument, MachineDocument } from '../../results/document.ts';
import type { PageData } from '../../results/page-data.ts';
import { changedTexts, redactedDocument } from '../../results/redacted.ts';
import { cut } from './html.ts';

/** Characters of one console line that a page holds, and of an error, a reason or a command. */
const LINE = 500;
const MESSAGE = 2_000;
/** Above this many characters in all excerpts a page holds whole ones only for the example of each cluster. */
const WHOLE_EXCERPTS = 60_000;
/** Lines of a short excerpt, and characters of each. */
const SHORT = { lines: 5, characters: 200 };

/** Returns what a page shows and embeds: the data without secrets, with long lines and long excerpts cut. */
export function shownData(data: PageData): PageData {
  const { against } = data;
  return {
    ...data,
    document: shownDocument(data.document),
    ...(against && { against: earlier(against) }),
  };
}

function shownDocument(whole: LaunchDocument): LaunchDocument {
  const document = redactedDocument(whole);
  const examples = new Set(document.clusters.map(({ example }) => example));
  const isRoom = lengthOf(document.machines) <= WHOLE_EXCERPTS;
  return {
    ...document,
    machines: document.machines.map((machine) =>
      shownMachine(machine, isRoom || examples.has(machine.instance_id)),
    ),
    clusters: document.clusters.map(shortTexts),
  };
}

/** Characters of all excerpts, each line as long as it is shown. */
const lengthOf = (machines: readonly MachineDocument[]): number =>
  machines
    .flatMap(({ failure }) => failure?.excerpt ?? [])
    .reduce((sum, line) => sum + Math.min(line.length, LINE), 0);

function shownMachine(machine: MachineDocument, whole: boolean): MachineDocument {
  const { failure } = machine;
  if (failure === undefined) return machine;
  const { lines } = excerptAround(
    failure.excerpt,
    failure.error ?? undefined,
    whole ? undefined : SHORT.lines,
  );
  return {
    ...machine,
    failure: {
      ...shortTexts(failure),
      excerpt: lines.map((line) => cut(line, whole ? LINE : SHORT.characters)),
    },
  };
}

const shortTexts = <T extends ClusterDocument | NonNullable<MachineDocument['failure']>>(told: T): T =>
  changedTexts(told, ['command', 'error', 'reason', 'hint'], (text) => cut(text, MESSAGE));

/** An earlier launch is only compared in times and counts: its failures, and when each step began, stay out. */
const earlier = (against: NonNullable<PageData['against']>): NonNullable<PageData['against']> => ({
  ...against,
  document: {
    ...against.document,
    machines: against.document.machines.map(({ failure: _, ...machine }) => machine),
    clusters: [],
  },
  timelines: against.timelines.map((timeline) => ({ ...timeline, steps: [] })),
});
