import { defined } from '../../objects.ts';
import { headWords } from '../../results/clusters.ts';
import type { MachineDocument } from '../../results/document.ts';
import { failedCommand, stepWords } from '../../results/row.ts';
import { duration } from '../../text.ts';
import { type Html, html } from './html.ts';
import { bootOf, phasesOf, type Timed } from './phases.ts';

type Outcome = MachineDocument['verdict'];
type Failure = NonNullable<MachineDocument['failure']>;

/** A mark for each verdict: colour alone tells nobody anything. */
export const GLYPHS: Readonly<Record<Outcome, string>> = {
  succeeded: '✔',
  failed: '✖',
  silent: '?',
  lost: '∅',
};

/** The verdict's mark, in its colour; words beside it say the same. */
export const glyph = (outcome: Outcome): Html =>
  html`<span class="g ${outcome}" aria-hidden="true">${GLYPHS[outcome]}</span>`;

/** `succeeded`, `failed at init (status 3)`, `silent in init`. */
export function verdictWords({ verdict, failure }: MachineDocument): string {
  if (verdict === 'succeeded') return 'succeeded';
  const { step = null, status = null, reason } = failure ?? {};
  const words = headWords({ outcome: verdict, step, status, ...(reason !== undefined && { reason }) });
  return verdict === 'silent' && step !== null ? `${words} in ${stepWords(step)}` : words;
}

/** The element of a machine's details; links lead to it. */
export const anchorOf = (instanceId: string): string => `m-${instanceId.replace(/[^\w-]/g, '_')}`;

export const machineLink = (instanceId: string): Html =>
  html`<a href="#${anchorOf(instanceId)}"><code>${instanceId}</code></a>`;

/** A time, or a dash where nothing tells. */
export const timeText = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '–' : duration(ms);

/** The command that failed and where it stands; empty where nobody knows. */
export const commandText = ({ status, command, command_status, location, signal }: Failure): string =>
  failedCommand(defined({ status: status ?? 0, command, commandStatus: command_status, location, signal }));

/** All that is known of one machine: where it runs, its failure, its phases and steps. */
export function machineDetails(timed: Timed): Html {
  const { machine, timeline } = timed;
  const launched = timeline.launched === null ? undefined : html`, launched ${timeline.launched}`;
  return html`<p>${machine.instance_type} in ${machine.zone}${launched}. Boot: ${timeText(bootOf(timed))}.
${notesOf(machine)}${failureOf(machine)}${stepTable(timed)}`;
}

const notesOf = ({ notes = [] }: MachineDocument): Html | undefined =>
  notes.length === 0 ? undefined : html`<p>Note: <bdi>${notes.join(', ')}</bdi>`;

function failureOf({ failure }: MachineDocument): Html | undefined {
  if (failure === undefined) return undefined;
  const lines = new Set([commandText(failure), failure.error ?? failure.reason ?? '']);
  return html`${[...lines].filter((line) => line !== '').map((line) => html`<p class="said">${line}`)}${hint(failure.hint)}`;
}

/** What may mend a failure. */
export const hint = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<p class="hint"><span aria-hidden="true">→</span> <bdi>${text}</bdi>`;

function stepTable({ machine, timeline }: Timed): Html {
  const phases = phasesOf(timeline).filter(({ kind }) => kind !== 'steps' || timeline.steps.length === 0);
  if (phases.length + machine.steps.length === 0) return html`<p>Nothing is known of its times.`;
  const starts = new Map(timeline.steps.map(({ name, start_ms }) => [name, start_ms]));
  return html`<table><caption>Boot of ${machine.instance_id}</caption>
<thead><tr><th scope="col">Part<th scope="col">Status<th scope="col">Starts at<th scope="col">Takes</thead><tbody>${phases.map(
    ({ name, from, to }) => html`<tr><td>${name}<td><td>${duration(from)}<td>${duration(to - from)}`,
  )}${machine.steps.map(
    ({ name, status, ms }) =>
      html`<tr><td>${stepWords(name)}<td>${status === 0 ? '0' : `✖ ${status}`}<td>${timeText(starts.get(name))}<td>${duration(ms)}`,
  )}</table>`;
}
