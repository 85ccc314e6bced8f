import { stepWords } from '../../results/row.ts';
import { counted, duration } from '../../text.ts';
import { type Html, html } from './html.ts';
import { anchorOf, GLYPHS, timeText, verdictWords } from './machine.ts';
import { spreadOf } from './numbers.ts';
import { bootOf, type Timed } from './phases.ts';

/** Shades of the heat strip, from quick to slow. */
const SHADES = 6;

/** A cell for each machine, coloured by verdict or by boot time; the fields filter it and the timeline. */
export function heatStrip(machines: readonly Timed[]): Html {
  const limits = shadeLimits(machines);
  return html`<section aria-labelledby="s-machines"><h2 id="s-machines">Machines</h2>
${filters(machines)}
<p class="note" id="strip-help">A cell for each of ${counted(machines.length, 'machine')}, in the order of the launch: ✔ succeeded, ✖ failed, ? silent, ∅ lost.
<span class="js" hidden>Arrow keys move, Enter opens the machine below.</span></p>
<div class="strip" id="strip" data-by="verdict" role="group" aria-label="Heat strip: a cell for each machine" aria-describedby="strip-help">${machines.map(
    (timed) => cell(timed, limits),
  )}</div>
${legend(limits)}
<p id="peek" class="peek js" role="status" hidden></p>
</section>`;
}

function cell(timed: Timed, limits: readonly number[]): Html {
  const { machine, index } = timed;
  const { instance_id, verdict } = machine;
  const shade = shadeOf(bootOf(timed), limits);
  const label = `${instance_id} ${verdictWords(machine)}, ${timeText(bootOf(timed))}`;
  return html`<a href="#${anchorOf(instance_id)}" class="${verdict} h${shade}" tabindex="${index === 0 ? 0 : -1}" aria-label="${label}">${GLYPHS[verdict]}</a>`;
}

/**
 * The upper limits of the shades, in milliseconds: equal parts from the quickest boot to the 95th percentile, and the last
 * shade for the slower ones, so that one slow machine doesn't pale all others.
 */
function shadeLimits(machines: readonly Timed[]): number[] {
  const boots = machines.map(bootOf).filter((ms) => ms !== null);
  const spread = spreadOf(boots);
  if (spread === undefined) return [];
  const { least, p95, most } = spread;
  const parts = SHADES - 1;
  return Array.from({ length: SHADES }, (_, shade) =>
    shade < parts ? least + ((p95 - least) * (shade + 1)) / parts : most,
  );
}

/** From 1; 0 where a machine has no boot time. */
const shadeOf = (ms: number | null, limits: readonly number[]): number =>
  ms === null ? 0 : limits.findIndex((limit) => ms <= limit) + 1;

function legend(limits: readonly number[]): Html {
  const shades = limits.map(
    (limit, index) => html`<li><i class="h${index + 1}"></i>${index === 0 ? 'up to ' : ''}${duration(limit)}`,
  );
  return html`<ul class="legend js" id="shades" hidden>${shades}<li><i class="h0"></i>no verdict</ul>`;
}

function filters(machines: readonly Timed[]): Html {
  const steps = machines
    .map(({ machine }) => machine.failure?.step)
    .filter((step) => typeof step === 'string');
  return html`<form class="filters js" id="filters" hidden>
<label class="wide">Search <input type="search" id="f-text" autocomplete="off" spellcheck="false" placeholder="id, zone, type, step or text"></label>
${select(
  'verdict',
  'Verdict',
  machines.map(({ machine }) => machine.verdict),
)}
${select(
  'zone',
  'Zone',
  machines.map(({ machine }) => machine.zone),
)}
${select(
  'type',
  'Type',
  machines.map(({ machine }) => machine.instance_type),
)}
${select('step', 'Failed or stuck in', steps, stepWords)}
<label>Colour cells by <select id="f-by"><option value="verdict">verdict<option value="boot">boot time</select></label>
<label>Order of the timeline <select id="f-order"><option value="trouble">troubles first<option value="launch">as launched<option value="id">by id</select></label>
<output id="f-count"></output>
</form>`;
}

function select(
  name: string,
  label: string,
  values: readonly string[],
  words: (value: string) => string = (value) => value,
): Html {
  const options = [...new Set(values)].sort().map((value) => html`<option value="${value}">${words(value)}`);
  return html`<label>${label} <select id="f-${name}"><option value="">any${options}</select></label>`;
}
