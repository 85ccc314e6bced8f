import type { PageData } from '../../results/page-data.ts';
import { stepWords } from '../../results/row.ts';
import { count, duration } from '../../text.ts';
import { fleetName, sentenceOf, successfulBoots } from './head.ts';
import { type Html, html } from './html.ts';
import { type Spread, spreadOf } from './numbers.ts';
import { phasesOf, type Timed, timedMachines } from './phases.ts';

/** A part of the boot over all machines that have it. */
interface Part {
  readonly name: string;
  readonly spread: Spread;
  readonly failures: number;
}

/** Slower or faster by less than this share, or this many milliseconds, counts as equal. */
const EQUAL_SHARE = 0.05;
const EQUAL_MS = 50;

/** Where the time goes: phases in their order, then steps, the slowest first; beside an earlier launch where there is one. */
export function slowest(data: PageData, machines: readonly Timed[]): Html | undefined {
  const phases = phaseParts(machines);
  const steps = stepParts(machines);
  if (phases.length + steps.length === 0) return undefined;
  const { against } = data;
  const before = against === undefined ? undefined : timedMachines(against);
  return html`<section aria-labelledby="s-steps"><h2 id="s-steps">Where the time goes</h2>
${against === undefined ? undefined : comparison(against, machines, before ?? [])}
${phases.length === 0 ? undefined : partsTable('Phases of the boot', phases, before && phaseParts(before))}
${steps.length === 0 ? undefined : partsTable('Steps, the slowest first', steps, before && stepParts(before))}
</section>`;
}

function comparison(
  against: NonNullable<PageData['against']>,
  machines: readonly Timed[],
  before: readonly Timed[],
): Html {
  const now = spreadOf(successfulBoots(machines));
  const then = spreadOf(successfulBoots(before));
  const boots =
    now === undefined || then === undefined
      ? 'The boots of the two can’t be compared: one of them has no machine that succeeded with a known time.'
      : `Half of the machines booted within ${duration(now.p50)}, then ${duration(then.p50)}: ${deltaWords(now.p50, then.p50)}. p95: ${duration(now.p95)}, then ${duration(then.p95)}: ${deltaWords(now.p95, then.p95)}.`;
  return html`<p>Against launch <code>${against.launch.id}</code> of <bdi>${fleetName(against.launch)}</bdi> (${against.generated.slice(0, 10)}; ${sentenceOf(against.document)}). ${boots}`;
}

function phaseParts(machines: readonly Timed[]): Part[] {
  const values = new Map<string, number[]>();
  for (const { timeline } of machines)
    for (const { name, from, to } of phasesOf(timeline)) push(values, name, to - from);
  const parts = partsOf(values, new Map());
  const boots = spreadOf(successfulBoots(machines));
  return boots === undefined
    ? parts
    : [...parts, { name: 'whole boot, of machines that succeeded', spread: boots, failures: 0 }];
}

function stepParts(machines: readonly Timed[]): Part[] {
  const values = new Map<string, number[]>();
  const failures = new Map<string, number>();
  for (const { machine } of machines) {
    for (const { name, status, ms } of machine.steps) {
      push(values, name, ms);
      if (status !== 0) failures.set(name, (failures.get(name) ?? 0) + 1);
    }
  }
  return partsOf(values, failures).sort((a, b) => b.spread.p95 - a.spread.p95 || b.spread.p50 - a.spread.p50);
}

function push(values: Map<string, number[]>, name: string, value: number): void {
  const known = values.get(name);
  if (known === undefined) values.set(name, [value]);
  else known.push(value);
}

const partsOf = (
  values: ReadonlyMap<string, readonly number[]>,
  failures: ReadonlyMap<string, number>,
): Part[] =>
  [...values].flatMap(([name, times]) => {
    const spread = spreadOf(times);
    return spread === undefined ? [] : [{ name, spread, failures: failures.get(name) ?? 0 }];
  });

function partsTable(caption: string, parts: readonly Part[], before: readonly Part[] | undefined): Html {
  const longest = Math.max(1, ...parts.map(({ spread }) => spread.p95));
  const then = new Map(before?.map((part) => [part.name, part]));
  const failed = parts.some(({ failures }) => failures > 0);
  const gone = (before ?? []).filter(({ name }) => parts.every((part) => part.name !== name));
  const compared =
    before === undefined ? undefined : html`<th scope="col">Change of p50<th scope="col">Change of p95`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr><th scope="col">Part<th scope="col">Machines${failed ? html`<th scope="col">Failed` : undefined}<th scope="col">p50<th scope="col">p95<th scope="col">Longest${compared}<th scope="col" class="chart">p50 and p95</thead>
<tbody>${parts.map((part) => partRow(part, longest, failed, before === undefined ? undefined : { earlier: then.get(part.name) }))}</table></div>
${gone.length === 0 ? undefined : html`<p class="note">Only in the earlier launch: <bdi>${gone.map(({ name }) => stepWords(name)).join(', ')}</bdi>.`}`;
}

function partRow(
  { name, spread, failures }: Part,
  longest: number,
  failed: boolean,
  compared: { readonly earlier: Part | undefined } | undefined,
): Html {
  const { p50, p95, most } = spread;
  const deltas =
    compared === undefined
      ? undefined
      : html`${deltaCell(p50, compared.earlier?.spread.p50)}${deltaCell(p95, compared.earlier?.spread.p95)}`;
  const width = (ms: number) => `${Number(((ms / longest) * 100).toFixed(1))}%`;
  return html`<tr><th scope="row"><bdi>${stepWords(name)}</bdi><td>${count(spread.count)}${failed ? html`<td>${failures === 0 ? '0' : `✖ ${failures}`}` : undefined}<td>${duration(p50)}<td>${duration(p95)}<td>${duration(most)}${deltas}<td class="chart"><svg class="bar" aria-hidden="true"><rect class="p95" width="${width(p95)}"/><rect class="p50" width="${width(p50)}"/></svg>`;
}

function deltaCell(now: number, then: number | undefined): Html {
  if (then === undefined) return html`<td>new`;
  const words = deltaWords(now, then);
  const look = words.includes('slower') ? 'slower' : words.includes('faster') ? 'faster' : '';
  return html`<td class="${look}">${words}`;
}

/** `1.2 s slower (+15 %)`, `about the same`. */
export function deltaWords(now: number, then: number): string {
  const delta = now - then;
  const part = then === 0 ? undefined : delta / then;
  if (Math.abs(delta) <= EQUAL_MS || (part !== undefined && Math.abs(part) < EQUAL_SHARE))
    return 'about the same';
  const how = delta > 0 ? 'slower' : 'faster';
  const sign = delta > 0 ? '+' : '−';
  const percent = part === undefined ? '' : ` (${sign}${Math.round(Math.abs(part) * 100)} %)`;
  return `${duration(Math.abs(delta))} ${how}${percent}`;
}
