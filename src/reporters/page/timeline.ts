import type { PageData } from '../../results/page-data.ts';
import { budgetTime, duration } from '../../text.ts';
import { type Html, html } from './html.ts';
import { anchorOf, glyph, machineDetails, timeText, verdictWords } from './machine.ts';
import { spreadOf, ticksOf } from './numbers.ts';
import { bootOf, endOf, type Segment, segmentsOf, type Timed } from './phases.ts';

/** Above this many machines the list scrolls in a window of its own. */
const LONG = 60;
/** Bars longer than this many times the 95th percentile are cut at the axis' end. */
const OUTLIER = 2;

type Kind = Segment['kind'] | 'open';

/** Classes of parts: short, since a page of a thousand machines has ten thousand. */
const LOOKS: Readonly<Record<Kind, string>> = {
  pending: 'p',
  kernel: 'k',
  begin: 'b',
  step: 's',
  failed: 'f',
  verdict: 'v',
  open: 'o',
};

const LEGEND: readonly (readonly [Kind, string])[] = [
  ['pending', 'pending, until EC2 says running'],
  ['kernel', 'running to kernel'],
  ['begin', 'to the bootstrapper’s begin'],
  ['step', 'a step that ended well'],
  ['failed', 'a step that failed'],
  ['verdict', 'up to the verdict'],
  ['open', 'no verdict'],
];

/** The parts that the bars of these machines have. */
function legendOf(machines: readonly Timed[]): typeof LEGEND {
  const kinds = new Set<string>(machines.flatMap((timed) => segmentsOf(timed).map(({ kind }) => kind)));
  if (machines.some((timed) => bootOf(timed) === null)) kinds.add('open');
  return LEGEND.filter(([kind]) => kinds.has(kind));
}

/** The boot of every machine as a bar on one axis of time; each opens to its details. */
export function timeline({ boot_budget_ms }: PageData, machines: readonly Timed[]): Html {
  const end = axisEnd(machines, boot_budget_ms);
  const budget =
    boot_budget_ms !== undefined && boot_budget_ms <= end ? share(boot_budget_ms, end) : undefined;
  const rows = ordered(machines).map((timed) => row(timed, end, budget, machines.length === 1));
  const isCut = machines.some((timed) => (endOf(timed) ?? 0) > end);
  const long = machines.length > LONG;
  return html`<section aria-labelledby="s-timeline"><h2 id="s-timeline">Boot timeline</h2>
<p class="note">From EC2's launch time. Open a machine to read its times, its failure and its console.${
    budget === undefined
      ? undefined
      : html` The dashed line is the boot budget, ${budgetTime(boot_budget_ms ?? 0)}.`
  }${isCut ? html` Longer bars are cut at ${duration(end)}; the time beside a bar is whole.` : undefined}</p>
<ul class="legend">${legendOf(machines).map(([kind, words]) => html`<li><svg width="18" height="12" aria-hidden="true"><rect class="${LOOKS[kind]}" width="18" height="12"/></svg>${words}`)}</ul>
<div class="${long ? 'rows long' : 'rows'}"${long ? html` tabindex="0" role="region" aria-label="Boot timeline of every machine"` : undefined}>
${axis(end)}
<ul id="rows">${rows}</ul>
<p id="none" hidden>No machine matches.</p>
</div></section>`;
}

function axisEnd(machines: readonly Timed[], budget = 0): number {
  const ends = spreadOf(machines.map(endOf).filter((end) => end !== undefined));
  if (ends === undefined) return 1000;
  return Math.max(1, Math.min(ends.most, Math.max(ends.p95 * OUTLIER, budget * 1.1)));
}

/** Those without success first, then the slowest. */
const ordered = (machines: readonly Timed[]): Timed[] =>
  machines.toSorted((a, b) => trouble(b) - trouble(a) || (bootOf(b) ?? 0) - (bootOf(a) ?? 0));

const trouble = ({ machine }: Timed): number => (machine.verdict === 'succeeded' ? 0 : 1);

/** A part of the axis, in percent. */
const share = (ms: number, end: number): number => Math.min(100, Math.max(0, (ms / end) * 100));
const percent = (value: number): string => `${Number(value.toFixed(2))}%`;

function axis(end: number): Html {
  const labels = ticksOf(end).map((tick) => {
    const at = share(tick, end);
    const anchor = at === 0 ? 'start' : at > 94 ? 'end' : 'middle';
    return html`<text x="${percent(at)}" y="13" text-anchor="${anchor}">${tick === 0 ? '0' : duration(tick)}</text><rect x="${percent(Math.min(at, 99.9))}" y="17" width="1" height="5"/>`;
  });
  return html`<div class="row axis" aria-hidden="true"><svg height="22">${labels}</svg></div>`;
}

function row(timed: Timed, end: number, budget: number | undefined, open: boolean): Html {
  const { machine, timeline: times, index } = timed;
  const { instance_id, verdict } = machine;
  const over = times.over_budget ? html` <span class="over">over boot_budget</span>` : undefined;
  const notes = (machine.notes ?? []).filter((note) => !note.startsWith('over the boot_budget'));
  return html`<li data-i="${index}"><details${open ? html` open` : undefined}><summary class="row"><span class="who">${glyph(verdict)} <code>${instance_id}</code></span> <span class="how">${[verdictWords(machine), ...notes].join(', ')}${over}</span> ${bar(timed, end, budget)} <span class="time">${timeText(bootOf(timed))}</span></summary>
<div class="details" id="${anchorOf(instance_id)}">${machineDetails(timed)}</div></details>`;
}

/** A bar without words: its machine's table has them, part by part in the same order. The script shows them at a part. */
function bar(timed: Timed, end: number, budget: number | undefined): Html {
  const last = endOf(timed) ?? 0;
  const open = bootOf(timed) === null ? [{ kind: 'open' as const, from: last, to: end }] : [];
  const line =
    budget === undefined ? undefined : html`<line x1="${percent(budget)}" x2="${percent(budget)}" y2="14"/>`;
  return html`<svg class="bar" aria-hidden="true">${[...segmentsOf(timed), ...open].map((part) => partRect(part, end))}${line}</svg>`;
}

type Part = Pick<Segment, 'from' | 'to'> & { readonly kind: Kind };

function partRect({ kind, from, to }: Part, end: number): Html | undefined {
  if (from >= end) return undefined;
  const start = share(from, end);
  const width = Math.max(share(to, end) - start, 0.15);
  return html`<rect class=${LOOKS[kind]} x=${percent(start)} width=${percent(width)} />`;
}
