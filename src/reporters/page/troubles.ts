import { excerptAround, headWords, lineWords } from '../../results/clusters.ts';
import type { ClusterDocument, LaunchDocument, MachineDocument } from '../../results/document.ts';
import { counted } from '../../text.ts';
import { endedLines, stoppedWords, strangerWords } from '../fleet.ts';
import { missingOf } from './head.ts';
import { type Html, html } from './html.ts';
import { commandText, glyph, hint, machineLink } from './machine.ts';
import type { Timed } from './phases.ts';

/** Number of clusters whose console excerpts stand open. */
const OPEN = 3;
/** Lines of a longer excerpt that stand outside of a fold. */
const AROUND = 12;
/** Upper limit of the machines that a cluster names outside of a fold. */
const NAMED = 10;

/** The machines without success, those with the same trouble together. */
export function troubles(document: LaunchDocument, machines: readonly Timed[]): Html | undefined {
  const { clusters } = document;
  if (clusters.length === 0) return undefined;
  const byId = new Map(machines.map(({ machine }) => [machine.instance_id, machine]));
  return html`<section aria-labelledby="s-troubles"><h2 id="s-troubles">What went wrong</h2>
${clusters.map((cluster, index) => clusterCard(cluster, document.machines.length, byId.get(cluster.example), index < OPEN))}
</section>`;
}

function clusterCard(
  cluster: ClusterDocument,
  total: number,
  example: MachineDocument | undefined,
  open: boolean,
): Html {
  const { outcome, count, instance_ids } = cluster;
  const failure = example?.failure;
  const who = count === 1 ? machineLink(cluster.example) : html`${count} of ${total}`;
  const said = new Set([failure === undefined ? '' : commandText(failure), lineWords(cluster)]);
  return html`<article class="card ${outcome}"><h3>${glyph(outcome)} ${who} <bdi>${headWords(cluster)}</bdi></h3>
${[...said].filter((line) => line !== '').map((line) => html`<p class="said">${line}`)}${hint(cluster.hint)}
${example && excerpt(example, open)}${count === 1 ? undefined : names(instance_ids)}</article>`;
}

/** The lines around the error; those before them stand in a fold. */
function excerpt({ instance_id, failure }: MachineDocument, open: boolean): Html | undefined {
  const lines = failure?.excerpt ?? [];
  if (lines.length === 0) return undefined;
  const { before } = excerptAround(lines, failure?.error ?? undefined, AROUND);
  const earlier = lines.slice(0, before);
  return html`<details${open ? html` open` : undefined}><summary>Console of <code>${instance_id}</code>, ${counted(lines.length, 'line')}</summary>
${earlier.length === 0 ? undefined : html`<details><summary>${counted(before, 'line')} before</summary>${consoleText(earlier)}</details>`}${consoleText(lines.slice(before))}</details>`;
}

const consoleText = (lines: readonly string[]): Html =>
  html`<pre tabindex="0">${lines.map(
    (line) => html`${line}
`,
  )}</pre>`;

function names(ids: readonly string[]): Html {
  const list = html`<ul class="names">${ids.map((id) => html`<li>${machineLink(id)}`)}</ul>`;
  if (ids.length <= NAMED) return list;
  return html`<details><summary>All ${counted(ids.length, 'machine')}</summary>${list}</details>`;
}

/** Machines that don't exist, what became of the fleet, and tags that are not set. */
export function remarks(document: LaunchDocument): Html | undefined {
  const lines = [...refusedLines(document), ...fleetLines(document), ...untaggedLines(document)];
  if (lines.length === 0) return undefined;
  return html`<section aria-labelledby="s-remarks"><h2 id="s-remarks">Other notes</h2>
<ul>${lines.map((line) => html`<li>${line}`)}</ul></section>`;
}

function refusedLines(document: LaunchDocument): Html[] {
  const missing = missingOf(document);
  const { error } = document;
  if (missing === 0 && error === undefined) return [];
  const why = error === undefined ? undefined : html`: <bdi>${error.message}</bdi>`;
  const code = error?.code ? html` <small><code>${error.code}</code></small>` : undefined;
  return [html`${glyph('failed')} ${counted(missing, 'machine')} not launched${why}${code}`];
}

function fleetLines({ fleet }: LaunchDocument): Html[] {
  if (fleet === undefined) return [];
  const { before, ended, kept, stopped, strangers } = fleet;
  const had = `before: ${before.proved} proved (${before.stale} of them outdated), ${before.failed} failed, ${before.stopped} stopped`;
  const ids = ended.map(({ instance_id }) => instance_id);
  return [
    html`The fleet ${had}. Target: ${counted(fleet.target, 'machine')}; ${fleet.proved} proved in the end.`,
    ...endedLines(ended).map((line) => html`${line}`),
    ...(ids.length === 0
      ? []
      : [html`<details><summary>Machines that were ended</summary>${codes(ids)}</details>`]),
    ...(stopped === undefined ? [] : [html`${glyph('failed')} ${stoppedWords(stopped)}`]),
    ...(kept.length === 0
      ? []
      : [html`${counted(kept.length, 'machine')} without success kept for a look: ${codes(kept)}`]),
    ...(strangers === 0 ? [] : [html`${strangerWords(strangers)}`]),
  ];
}

const codes = (ids: readonly string[]): Html =>
  html`${ids.map((id, index) => html`${index === 0 ? '' : ', '}<code>${id}</code>`)}`;

function untaggedLines({ untagged }: LaunchDocument): Html[] {
  if (untagged === undefined) return [];
  const { instance_ids, reason } = untagged;
  return [
    html`The tag <code>rolecall:verdict</code> is not set on ${counted(instance_ids.length, 'machine')}: <bdi>${reason}</bdi> (${codes(instance_ids)})`,
  ];
}
