import {
  type Cluster,
  clustersOf,
  commandOf,
  type Excerpt,
  excerptOf,
  headOf,
  hintOf,
  lineOf,
} from '../results/clusters.ts';
import { exitCodeOf, type LaunchMeta, notLaunched } from '../results/document.ts';
import type { MachineRow } from '../results/row.ts';
import type { LaunchView, Refusal } from '../results/state.ts';
import type { Paint } from '../terminal/paint.ts';
import { counted, glued, printable, shellWord, unpainted, widthOf, wrap } from '../text.ts';
import { budgetSentence } from './budget.ts';
import { fleetLines } from './fleet.ts';
import { notesOf, remarkOf, statusOf } from './status.ts';
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
/** Above this many different troubles each one's excerpt shrinks to the lines around its error. */
const FULL_EXCERPTS = 3;
const SHORT_EXCERPT = 8;
/** Up to so many machines of a cluster are named. */
const NAMED = 10;

/** The final report for people, for stdout; ends with a newline. Machines that met the same trouble stand together. */
export function textReport(view: LaunchView, launch: LaunchMeta, style: TextStyle): string {
  const clusters = clustersOf(view);
  const lines = [
    ...successLines(view, style),
    ...slowLines(view, launch, style),
    ...clusters.flatMap((cluster) =>
      clusterLines(cluster, view.machines.size, clusters.length > FULL_EXCERPTS, style),
    ),
  ];
  lines.push(...refusalLines(view.refused, style.paint));
  if (view.refused.length === 0 && notLaunched(view) > 0) {
    lines.push(`${style.paint.bad('✖')} ${counted(notLaunched(view), 'machine')} not launched`);
  }
  if (view.untagged !== undefined) lines.push(...untaggedLines(view.untagged, launch, style));
  if (view.fleet !== undefined) lines.push(...fleetLines(view, view.fleet, launch, style));
  lines.push(...(lines.length === 0 ? [] : ['']), conclusion(view, launch, style), ...(style.notes ?? []));
  return `${lines.flatMap((line) => fitted(line, style.columns)).join('\n')}\n`;
}

/** Sentences are broken at spaces; what people copy (console lines and commands) is left to the terminal. */
function fitted(line: string, columns: number | undefined): string[] {
  if (columns === undefined) return [line];
  if (/^ {4}(│|its console|console of the first|rolecall )/.test(unpainted(line))) return [line];
  return wrap(line, columns, /^(?:[✔✖?!] | {4})/.test(unpainted(line)) ? 4 : 0);
}

/** A line for each machine that succeeded; of a large fleet only how many they are. */
function successLines(view: LaunchView, style: TextStyle): string[] {
  const good = [...view.machines.values()].filter((row) => row.verdict?.outcome === 'succeeded');
  if (view.machines.size <= LISTED) return good.flatMap((row) => successLine(row, style));
  const which = good.length < view.machines.size ? 'other machine' : 'machine';
  return good.length === 0 ? [] : [`${style.paint.good('✔')} ${counted(good.length, which)} succeeded`];
}

function successLine(row: MachineRow, { paint, columns }: TextStyle): string[] {
  const id = row.machine.instanceId;
  const { glyph, words, brief, paint: colour } = statusOf(row, row.verdictAt ?? row.seenAt);
  const fits = widthOf(`${glyph} ${id} ${words}`) <= (columns ?? Number.POSITIVE_INFINITY);
  return joined(
    `${paint[colour](glyph)} ${id} ${paint[colour](fits ? words : brief)}`,
    printable(remarkOf(row)),
    columns,
  );
}

/** Of a large fleet one line for all boots over the budget; of a small one each machine's own line says so. */
function slowLines(view: LaunchView, launch: LaunchMeta, { paint }: TextStyle): string[] {
  if (view.machines.size <= LISTED) return [];
  const told = budgetSentence(view, launch);
  return told === undefined ? [] : [`${paint.warn('!')} ${told}`];
}

/** Other commands find verdicts by their tags; watching again sets them. */
function untaggedLines(
  { instanceIds, reason }: NonNullable<LaunchView['untagged']>,
  { id }: LaunchMeta,
  { paint, followUp }: TextStyle,
): string[] {
  const which = instanceIds.length <= NAMED ? `: ${instanceIds.join(', ')}` : '';
  const head = `${paint.warn('?')} the tag rolecall:verdict is not set on ${counted(instanceIds.length, 'machine')}${which}`;
  const again = ['rolecall', 'watch', id, ...(followUp ?? [])].map(shellWord).join(' ');
  return [head, ...indented(printable(reason)), ...(followUp === undefined ? [] : indented(again))];
}

/** The machines that met one trouble: how many of `total`, what it was, and the end of the first one's console. */
function clusterLines(cluster: Cluster, total: number, short: boolean, style: TextStyle): string[] {
  const { outcome, rows } = cluster;
  const [{ machine }] = rows;
  const { paint } = style;
  const painted = outcome === 'silent' ? paint.warn : paint.bad;
  const who = rows.length === 1 ? machine.instanceId : `${rows.length} of ${total}`;
  const head = `${painted(outcome === 'silent' ? '?' : '✖')} ${who} ${painted(headOf(cluster))}`;
  const line = lineOf(cluster);
  return [
    ...(outcome === 'failed' ? [head, ...reasonLines(cluster)] : joined(head, line, style.columns)),
    ...(rows.length === 1 ? indented(notesOf(rows[0])) : []),
    ...excerptLines(excerptOf(cluster, short ? SHORT_EXCERPT : undefined), paint),
    ...lookFurther(cluster, style),
    ...(rows.length === 1 ? [] : indented(namesOf(rows))),
  ];
}

/** Which command failed, what went wrong, once where both are told in the same words, and what may mend it. */
const reasonLines = (cluster: Cluster): string[] =>
  [...new Set([commandOf(cluster), lineOf(cluster), hintOf(cluster)])].flatMap(indented);

/** Which machines; of many only the first, since the JSON document names all. */
function namesOf(rows: readonly MachineRow[]): string {
  const shown = rows.length <= NAMED ? rows : rows.slice(0, NAMED - 1);
  const names = shown.map(({ machine }) => machine.instanceId).join(', ');
  return shown.length === rows.length ? names : `${names} and ${rows.length - shown.length} more`;
}

/** The remark beside the status, or below it where the window is too narrow for both. */
function joined(head: string, remark: string, columns = Number.POSITIVE_INFINITY): string[] {
  const line = remark === '' ? head : `${head}: ${remark}`;
  return widthOf(unpainted(line)) <= columns ? [line] : [head, ...indented(remark)];
}

const indented = (text: string): string[] => (text === '' ? [] : [`    ${text}`]);

function excerptLines({ lines, before }: Excerpt, paint: Paint): string[] {
  const shown = lines.map((line) => `${paint.faint('    │')} ${printable(line)}`.trimEnd());
  return before > 0 ? [paint.faint(`    │ … ${counted(before, 'line')} before`), ...shown] : shown;
}

function lookFurther({ rows }: Cluster, style: TextStyle): string[] {
  const [{ machine, verdict }] = rows;
  if (style.followUp === undefined || verdict === undefined) return [];
  const command = ['rolecall', 'console', machine.instanceId, ...style.followUp].map(shellWord).join(' ');
  return [`    ${rows.length === 1 ? 'its console' : 'console of the first'}: ${command}`];
}

/** One line a distinct refusal, however many batches met it, with its next step. */
function refusalLines(refused: readonly Refusal[], paint: Paint): string[] {
  const missing = new Map<string, number>();
  for (const { error, missing: count } of refused) {
    const steps = error.hint?.split('\n').map(printable) ?? [];
    const hint = steps.map((step, index) => `\n    ${index === 0 ? '→' : ' '} ${step}`).join('');
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
  const commit = launch.build?.commit
    ? ` (its manifest says commit ${launch.build.commit.slice(0, 12)})`
    : '';
  // Of a fleet that did not get there the build says nothing.
  const told = view.fleet === undefined || exitCodeOf(view) === 0 ? launch.build : undefined;
  const build = told === undefined ? '' : ` with build ${told.tag}${commit}`;
  return `${paint.strong(fleet)}: ${colour(summary)}${build} ${paint.faint(`(launch ${launch.id})`)}`;
}
