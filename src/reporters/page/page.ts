import { createHash } from 'node:crypto';
import type { PageData } from '../../results/page-data.ts';
import { overBudget } from './budget.ts';
import { embedded } from './embedded.ts';
import { fleetName, head, sentenceOf } from './head.ts';
import { Html, html } from './html.ts';
import { timedMachines } from './phases.ts';
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
