import type { Paint } from '../io/paint.ts';
import { counted, glued, printable, shellWord, unpainted, widthOf, wrap } from '../io/text.ts';
import { exitCodeOf, type LaunchMeta, notLaunched } from './document.ts';
import type { LaunchView, MachineRow, Refusal } from './state.ts';
import { remarkOf, statusOf } from './status.ts';
import { summaryOf } from './summary.ts';

export interface TextStyle {
  readonly paint: Paint;
  /** The width of the terminal that shows it; absent where it goes to a file or pipe, which get long lines. */
  readonly columns?: number | undefined;
  /**
   * Arguments that later commands about this launch need (`--local`, `--region`, `eu-west-1`), or undefined where they
   * would find nothing (the machines of a cloud that ends with the command).
   */
  readonly followUp?: readonly string[] | undefined;
  /** Closing remarks, one a line. */
  readonly notes?: readonly string[];
}

/** Above this many machines those that succeeded are only counted. */
const LISTED = 20;
/** Above this many failures each one's excerpt shrinks to its last lines. */
const FULL_EXCERPTS = 3;
const SHORT_EXCERPT = 8;

/** The final report for people, for stdout; ends with a newline. Judged machines only come out once. */
export function textReport(view: LaunchView, launch: LaunchMeta, style: TextStyle): string {
  const rows = [...view.machines.values()];
  const bad = rows.filter((row) => row.verdict?.outcome !== 'succeeded');
  const listed = rows.length > LISTED ? bad : rows;
  const firstOf = firstOfEach(bad);
  const lines = listed.flatMap((row) => {
    const first = firstOf.get(troubleOf(row));
    return first === undefined || first === row
      ? machineLines(row, firstOf.size > FULL_EXCERPTS, style)
      : repeatLines(row, first, style);
  });
  const folded = rows.length - listed.length;
  if (folded > 0) {
    const which = bad.length > 0 ? 'other machines' : 'machines';
    lines.unshift(`${style.paint.good('✔')} ${folded} ${which} succeeded`);
  }
  lines.push(...refusalLines(view.refused, style.paint));
  if (view.refused.length === 0 && notLaunched(view) > 0) {
    lines.push(`${style.paint.bad('✖')} ${counted(notLaunched(view), 'machine')} not launched`);
  }
  lines.push('', conclusion(view, launch, style), ...(style.notes ?? []));
  return `${lines.flatMap((line) => fitted(line, style.columns)).join('\n')}\n`;
}

/** Sentences are broken at spaces; what people copy (console lines and commands) is left to the terminal. */
function fitted(line: string, columns: number | undefined): string[] {
  if (columns === undefined) return [line];
  if (/^ {4}(│|its console)/.test(unpainted(line))) return [line];
  return wrap(line, columns, /^(?:[✔✖?] | {4})/.test(unpainted(line)) ? 4 : 0);
}

/** What went wrong, without which machine it was. */
const troubleOf = (row: MachineRow): string =>
  `${statusOf(row, row.verdictAt ?? row.seenAt).words}: ${remarkOf(row)}`;

/** The first machine of each trouble: forty machines with the same error need its excerpt once. */
function firstOfEach(bad: readonly MachineRow[]): ReadonlyMap<string, MachineRow> {
  const first = new Map<string, MachineRow>();
  for (const row of bad) {
    const trouble = troubleOf(row);
    if (row.verdict !== undefined && !first.has(trouble)) first.set(trouble, row);
  }
  return first;
}

function repeatLines(row: MachineRow, first: MachineRow, { paint }: TextStyle): string[] {
  const { glyph, words, paint: colour } = statusOf(row, row.verdictAt ?? row.seenAt);
  const painted = paint[colour];
  return [`${painted(glyph)} ${row.machine.instanceId} ${painted(words)}: like ${first.machine.instanceId}`];
}

function machineLines(row: MachineRow, short: boolean, style: TextStyle): string[] {
  const { paint } = style;
  const id = row.machine.instanceId;
  const { glyph, words, brief, paint: colour } = statusOf(row, row.verdictAt ?? row.seenAt);
  const painted = paint[colour];
  const remark = printable(remarkOf(row));
  if (row.verdict?.outcome === 'succeeded') {
    const fits = widthOf(`${glyph} ${id} ${words}`) <= (style.columns ?? Number.POSITIVE_INFINITY);
    return joined(`${painted(glyph)} ${id} ${painted(fits ? words : brief)}`, remark, style.columns);
  }
  if (row.verdict === undefined) return [`${paint.warn('?')} ${id} ${paint.warn('no verdict yet')}`];
  const head = `${painted(glyph)} ${id} ${painted(words)}`;
  const first =
    row.verdict.outcome === 'failed' ? [head, ...indented(remark)] : joined(head, remark, style.columns);
  const excerpt = row.verdict.outcome === 'failed' ? row.verdict.failure.excerpt : row.verdict.excerpt;
  return [...first, ...excerptLines(excerpt, short, paint), ...lookFurther(id, style)];
}

/** The remark beside the status, or below it where the window is too narrow for both. */
function joined(head: string, remark: string, columns = Number.POSITIVE_INFINITY): string[] {
  const line = remark === '' ? head : `${head}: ${remark}`;
  return widthOf(unpainted(line)) <= columns ? [line] : [head, ...indented(remark)];
}

const indented = (text: string): string[] => (text === '' ? [] : [`    ${text}`]);

function excerptLines(excerpt: readonly string[], short: boolean, paint: Paint): string[] {
  const shown = short ? excerpt.slice(-SHORT_EXCERPT) : excerpt;
  const left = excerpt.length - shown.length;
  const lines = shown.map((line) => `${paint.faint('    │')} ${printable(line)}`.trimEnd());
  return left > 0 ? [paint.faint(`    │ … ${counted(left, 'line')} before`), ...lines] : lines;
}

function lookFurther(instanceId: string, style: TextStyle): string[] {
  if (style.followUp === undefined) return [];
  const command = ['rolecall', 'console', instanceId, ...style.followUp].map(shellWord).join(' ');
  return [`    its console: ${command}`];
}

/** One line a distinct refusal, however many batches met it, with its next step. */
function refusalLines(refused: readonly Refusal[], paint: Paint): string[] {
  const missing = new Map<string, number>();
  for (const { error, missing: count } of refused) {
    const hint = error.hint === undefined ? '' : `\n    → ${printable(error.hint)}`;
    const text = `${printable(error.message)}${hint}`;
    missing.set(text, (missing.get(text) ?? 0) + count);
  }
  return [...missing].flatMap(([text, count]) =>
    `${paint.bad('✖')} ${counted(count, 'machine')} ${paint.bad('not launched')}: ${text}`.split('\n'),
  );
}

function conclusion(view: LaunchView, launch: LaunchMeta, { paint, columns }: TextStyle): string {
  const summary = columns === undefined ? summaryOf(view) : glued(summaryOf(view));
  const colour = exitCodeOf(view) === 0 ? paint.good : paint.bad;
  const fleet = `${launch.role} ${launch.environment}/${launch.context}`;
  const commit = launch.build?.commit ? `, commit ${launch.build.commit.slice(0, 12)}` : '';
  const build = launch.build === undefined ? '' : ` with build ${launch.build.tag}${commit}`;
  return `${paint.strong(fleet)}: ${colour(summary)}${build} ${paint.faint(`(launch ${launch.id})`)}`;
}
