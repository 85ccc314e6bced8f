import { createHash } from 'node:crypto';
import type { PageData } from '../../results/page-data.ts';
import { stepWords } from '../../results/row.ts';
import { budgetTime, counted, duration } from '../../text.ts';
import { fleetName, head, sentenceOf } from './head.ts';
import { Html, html } from './html.ts';
import { machineLink, timeText } from './machine.ts';
import { bootOf, type Timed, timedMachines } from './phases.ts';
import { SCRIPT } from './script.ts';
import { shownData } from './shown.ts';
import { slowest } from './steps.ts';
import { heatStrip } from './strip.ts';
import { STYLE } from './style.ts';
import { timeline } from './timeline.ts';
import { remarks, troubles } from './troubles.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Nothing is loaded, sent or run but this page's own style sheet and script. */
const POLICY = `default-src 'none'; style-src 'sha256-${digest(STYLE)}'; script-src 'sha256-${digest(SCRIPT)}'; base-uri 'none'; form-action 'none'`;

/**
 * Returns the HTML report of a launch: one page that needs no network and holds its data (docs/report.md). Texts of machines
 * are redacted, long lines are cut, and no text can become markup.
 */
export function pageHtml(data: PageData): string {
  const shown = shownData(data);
  const machines = timedMachines(shown);
  const { document } = shown;
  const title = `${fleetName(document.launch)}: ${sentenceOf(document)}`;
  const sections: readonly (readonly [string, string, Html | undefined])[] = [
    ['s-troubles', 'What went wrong', troubles(document, machines)],
    ['s-remarks', 'Other notes', remarks(document)],
    ['s-machines', 'Machines', machines.length < 2 ? undefined : heatStrip(machines)],
    ['s-timeline', 'Boot timeline', machines.length === 0 ? undefined : timeline(shown, machines)],
    [
      's-steps',
      'Where the time goes',
      machines.length < 2 && shown.against === undefined ? undefined : slowest(shown, machines),
    ],
    ['s-budget', 'Over the boot budget', overBudget(shown, machines)],
  ];
  const present = sections.filter(([, , section]) => section !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="rolecall">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<svg width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5"/></pattern></defs></svg>
${head(shown, machines)}
<nav aria-label="Sections"><ul>${present.map(([id, name]) => html`<li><a href="#${id}">${name}</a>`)}</ul></nav>
<main id="main">
${present.map(([, , section]) => section)}
</main>
<footer>Made by rolecall. This file loads nothing from any network. Its data is the JSON document of the launch, in the element <code>data</code>.</footer>
${embedded(shown)}
${machines.length === 0 ? undefined : html`<script>${new Html(SCRIPT)}</script>`}
</body>
</html>
`.text;
}

/** The machines whose boot took longer than the budget, the slowest first, each with its slowest step. */
function overBudget({ boot_budget_ms }: PageData, machines: readonly Timed[]): Html | undefined {
  if (boot_budget_ms === undefined) return undefined;
  const over = machines
    .filter(({ timeline }) => timeline.over_budget)
    .sort((a, b) => (bootOf(b) ?? 0) - (bootOf(a) ?? 0));
  const heading = html`<h2 id="s-budget">Over the boot budget</h2>`;
  if (over.length === 0)
    return html`<section aria-labelledby="s-budget">${heading}<p>No machine took longer than ${budgetTime(boot_budget_ms)}.</section>`;
  return html`<section aria-labelledby="s-budget">${heading}
<p>${counted(over.length, 'machine')} took longer than ${budgetTime(boot_budget_ms)}.
<div class="scroll"><table><caption>Machines over the boot budget, the slowest first</caption>
<thead><tr><th scope="col">Machine<th scope="col">Boot<th scope="col">Over by<th scope="col">Slowest step</thead><tbody>${over.map(
    (timed) =>
      html`<tr><th scope="row">${machineLink(timed.machine.instance_id)}<td>${timeText(bootOf(timed))}<td>${duration((bootOf(timed) ?? 0) - boot_budget_ms)}<td>${slowestStep(timed)}`,
  )}</table></div></section>`;
}

function slowestStep({ machine }: Timed): Html {
  const [step] = machine.steps.toSorted((a, b) => b.ms - a.ms);
  return step === undefined ? html`–` : html`<bdi>${stepWords(step.name)}</bdi>, ${duration(step.ms)}`;
}

const DATA_ID = 'data';

/**
 * Returns the data as a script element that runs nothing. Escapes stand for what could end the element or look like other
 * text: `<`, `>`, `&`, line separators, control and direction characters. JSON.stringify escapes lone surrogates.
 */
const embedded = (data: PageData): Html =>
  new Html(`<script type="application/json" id="${DATA_ID}">${escapedJson(data)}</script>`);

const escapedJson = (data: PageData): string =>
  JSON.stringify(data).replace(/[<>&\p{Cc}\p{Cf}\u2028\u2029]/gu, escapes);

/** A character as JSON escapes: two where it lies outside of the basic plane. */
const escapes = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
