import { EXIT_CODES, type ExitCode } from '../errors.ts';
import {
  type Cluster,
  clustersOf,
  commandOf,
  excerptOf,
  headOf,
  hintOf,
  lineOf,
} from '../results/clusters.ts';
import { type LaunchMeta, notLaunched } from '../results/document.ts';
import { type MachineRow, stepWords } from '../results/row.ts';
import type { LaunchView } from '../results/state.ts';
import { counted, duration, printable, truncate } from '../text.ts';
import { budgetSentence } from './budget.ts';
import { summaryOf } from './summary.ts';

/** How much a summary tells: `brief` leaves out consoles and the table of machines. */
export type Extent = 'whole' | 'brief';

/** So many clusters are told, and so many machines listed. */
const CLUSTERS = 20;
const MACHINES = 200;
const NAMED = 10;
/** Console lines are cut here. */
const WIDEST = 500;

/** The HTML report of the same launch, as a page names it. */
export interface ReportLink {
  /** As the command line names its file. */
  readonly name: string;
  /** Where people find it; absent where nobody knows. */
  readonly url?: string;
}

/** A launch as markdown, for the page that a CI system shows of a job. Ends with an empty line. */
export function markdownReport(
  view: LaunchView,
  launch: LaunchMeta,
  exit: ExitCode,
  extent: Extent = 'whole',
  report?: ReportLink,
): string {
  const clusters = clustersOf(view);
  const told = clusters.slice(0, extent === 'whole' ? CLUSTERS : 5);
  const fleet = `${launch.role} ${launch.environment}/${launch.context}`;
  const blocks = [
    `### ${exit === 0 ? '✅' : '❌'} ${inline(fleet)}: ${inline(summaryOf(view))}`,
    factsLine(launch, exit),
    ...(report === undefined ? [] : [linkLine(report)]),
    ...told.flatMap((cluster) => clusterBlocks(cluster, view.machines.size, extent)),
    ...(told.length < clusters.length
      ? [`… and ${counted(clusters.length - told.length, 'other trouble')}.`]
      : []),
    ...refusalBlocks(view),
    ...slowBlocks(view, launch),
    ...(extent === 'whole' ? tableBlocks([...view.machines.values()]) : []),
  ];
  return `${blocks.join('\n\n')}\n\n`;
}

function factsLine(launch: LaunchMeta, exit: ExitCode): string {
  const meaning = EXIT_CODES.find(({ code }) => code === exit)?.meaning ?? '';
  const facts = [
    `launch ${code(launch.id)}`,
    `region ${code(launch.region)}`,
    ...(launch.ami === '' ? [] : [`image ${code(launch.ami)}`]),
    ...(launch.build === undefined ? [] : [`build ${code(launch.build.tag)}`]),
    `exit code ${exit}: ${inline(meaning)}`,
  ];
  return facts.join(' · ');
}

/** A job's page shows no file: it names the report, and leads to the artifacts of the run. */
function linkLine({ name, url }: ReportLink): string {
  const file = code(printable(name));
  return url === undefined
    ? `HTML report: ${file}`
    : `[HTML report](${url}), among the artifacts of this run: ${file}`;
}

function clusterBlocks(cluster: Cluster, total: number, extent: Extent): string[] {
  const { rows } = cluster;
  const line = lineOf(cluster);
  const [{ machine }] = rows;
  const who = rows.length === 1 ? code(machine.instanceId) : `${rows.length} of ${total}`;
  const head = `**${who} ${inline(headOf(cluster))}**`;
  const why = [...new Set([commandOf(cluster), line, hintOf(cluster)])].filter((text) => text !== '');
  const told = [[head, ...why.map((text) => code(truncate(text, WIDEST)))].join('<br>\n')];
  if (extent === 'brief') return told;
  return [...told, ...(rows.length === 1 ? [] : [namesOf(rows)]), ...excerptBlocks(cluster)];
}

function namesOf(rows: readonly MachineRow[]): string {
  const names = rows.slice(0, NAMED).map(({ machine }) => code(machine.instanceId));
  const rest = rows.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function excerptBlocks(cluster: Cluster): string[] {
  const lines = excerptOf(cluster).lines.map((line) => truncate(printable(line), WIDEST));
  if (lines.length === 0) return [];
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  const summary = `The console of ${code(cluster.rows[0].machine.instanceId, 'html')}, around the failure`;
  return [
    `<details><summary>${summary}</summary>`,
    [`${fence}text`, ...lines, fence].join('\n'),
    '</details>',
  ];
}

function refusalBlocks(view: LaunchView): string[] {
  const missing = notLaunched(view);
  if (missing === 0) return [];
  const [first] = view.refused;
  const why = first === undefined ? '' : `<br>\n${code(printable(first.error.message))}`;
  return [`**${counted(missing, 'machine')} not launched**${why}`];
}

function slowBlocks(view: LaunchView, launch: LaunchMeta): string[] {
  const told = budgetSentence(view, launch);
  return told === undefined ? [] : [`⚠️ ${inline(told)}`];
}

function tableBlocks(rows: readonly MachineRow[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.slice(0, MACHINES).map(({ machine, verdict, step }) => {
    const at = verdict?.outcome === 'failed' ? verdict.failure.step : step?.name;
    const bootMs = verdict !== undefined && 'bootMs' in verdict ? verdict.bootMs : undefined;
    const boot = bootMs === undefined ? '' : `${duration(bootMs)}${verdict?.overBudget ? ' ⚠️' : ''}`;
    const cells = [
      code(machine.instanceId),
      inline(machine.zone),
      inline(machine.instanceType),
      verdict?.outcome ?? 'no verdict yet',
      at === undefined ? '' : inline(stepWords(at)),
      boot,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const rest = rows.length - lines.length;
  return [
    `<details><summary>${rows.length === 1 ? 'The machine' : `All ${rows.length} machines`}</summary>`,
    [
      '| machine | zone | type | verdict | step | boot |',
      '| --- | --- | --- | --- | --- | --- |',
      ...lines,
    ].join('\n'),
    ...(rest > 0 ? [`… and ${counted(rest, 'other machine')}: \`--output json\` lists all.`] : []),
    '</details>',
  ];
}

/** Text in a paragraph or cell, without meaning to markdown or HTML: no link, mention, image or tag comes of it. */
const inline = (text: string): string =>
  printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]#|~$@!]/g, '\\$&');

/** Text as code: markdown finds nothing in it. In a line that HTML begins, HTML's own code. */
function code(text: string, within: 'markdown' | 'html' = 'markdown'): string {
  if (within === 'html') return `<code>${text.replace(/[^\w.:/-]/g, '')}</code>`;
  const fence = '`'.repeat(longestRun(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`;
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
