import { EXIT_CODES } from '../../errors.ts';
import { NO_VERDICT } from '../../results/clusters.ts';
import type { LaunchDocument } from '../../results/document.ts';
import type { PageData } from '../../results/page-data.ts';
import { budgetTime, count, counted, duration } from '../../text.ts';
import { provedWords } from '../fleet.ts';
import { summaryWords } from '../summary.ts';
import { type Html, html } from './html.ts';
import { GLYPHS } from './machine.ts';
import { type Spread, spreadOf } from './numbers.ts';
import { bootOf, type Timed } from './phases.ts';

/** `web prod/b`. */
export const fleetName = ({ role, environment, context }: LaunchDocument['launch']): string =>
  `${role} ${environment}/${context}`;

/** How many of the machines that were asked for don't exist. */
export const missingOf = ({ summary, machines }: LaunchDocument): number =>
  Math.max(0, summary.requested - machines.length);

/** Machines that nobody watched to their verdict; the document counts them as silent. */
const unjudgedOf = ({ machines }: LaunchDocument): number =>
  machines.filter(({ failure }) => failure?.reason === NO_VERDICT).length;

/** The verdict on the launch in one sentence, as the terminal's report has it. */
export function sentenceOf(document: LaunchDocument): string {
  const { summary, fleet, machines } = document;
  const silent = summary.silent - unjudgedOf(document);
  const slow = machines.filter(({ verdict, over_budget: over }) => over && verdict === 'succeeded').length;
  const proved = fleet === undefined ? undefined : provedWords(fleet.proved, fleet.target);
  const counts = { ...summary, asked: summary.requested, silent, missing: missingOf(document), slow };
  return summaryWords(counts, proved);
}

/** What was launched, and the verdict. */
export function head({ document, generated, boot_budget_ms }: PageData, machines: readonly Timed[]): Html {
  const { launch, exit_code } = document;
  const meaning = EXIT_CODES.find(({ code }) => code === exit_code)?.meaning ?? '';
  const good = exit_code === 0;
  return html`<header>
<p class="brand">rolecall: report of a launch</p>
<h1><bdi>${fleetName(launch)}</bdi></h1>
<p class="verdict ${good ? 'succeeded' : 'failed'}"><span aria-hidden="true">${good ? GLYPHS.succeeded : GLYPHS.failed}</span> ${sentenceOf(document)}</p>
<p>Exit code ${exit_code}: ${meaning}.</p>
${tiles(document, machines, boot_budget_ms)}
<dl class="facts">${facts(document, generated).map(([name, value]) => html`<div><dt>${name}<dd>${value}</div>`)}</dl>
</header>`;
}

function facts({ launch }: LaunchDocument, generated: string): [string, Html][] {
  const { build } = launch;
  const from = build?.commit
    ? html` <small>commit <code>${build.commit.slice(0, 12)}</code></small>`
    : undefined;
  const code = (text: string) => html`<code>${text}</code>`;
  return [
    ['Launch', code(launch.id)],
    [
      'Catalogue',
      html`<bdi>${launch.catalogue}</bdi> <small><code>${launch.catalogue_sha256.slice(0, 12)}</code></small>`,
    ],
    ['Region', code(launch.region)],
    ...(launch.ami === '' ? [] : [['Image', code(launch.ami)] satisfies [string, Html]]),
    ...(build === undefined ? [] : [['Build', html`${code(build.tag)}${from}`] satisfies [string, Html]]),
    ...(launch.bundle_sha256 === undefined
      ? []
      : [['Bundle', code(launch.bundle_sha256.slice(0, 12))] satisfies [string, Html]]),
    [
      'Written',
      html`<time datetime="${generated}">${generated.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>`,
    ],
  ];
}

/** The tally: a number for each outcome, and the boot times. */
function tiles(document: LaunchDocument, machines: readonly Timed[], budget: number | undefined): Html {
  const { summary } = document;
  const missing = missingOf(document);
  const unjudged = unjudgedOf(document);
  const counts = { ...summary, silent: summary.silent - unjudged };
  const over = machines.filter(({ timeline }) => timeline.over_budget).length;
  const outcomes = (['succeeded', 'failed', 'silent', 'lost'] as const).filter(
    (outcome) => outcome === 'succeeded' || counts[outcome] > 0,
  );
  return html`<ul class="tiles">${outcomes.map((outcome) =>
    tile(`${GLYPHS[outcome]} ${count(counts[outcome])}`, outcome, outcome),
  )}${unjudged === 0 ? undefined : tile(`? ${count(unjudged)}`, 'no verdict yet', 'silent')}${missing === 0 ? undefined : tile(`✖ ${count(missing)}`, 'not launched', 'failed')}${
    budget === undefined || machines.length === 0
      ? undefined
      : tile(count(over), `over boot_budget, ${budgetTime(budget)}`, over > 0 ? 'silent' : '')
  }${bootTiles(spreadOf(successfulBoots(machines)))}`;
}

function bootTiles(boots: Spread | undefined): Html {
  if (boots === undefined) return html`</ul>`;
  if (boots.count === 1)
    return html`${tile(duration(boots.p50), 'boot', '')}</ul><p class="note">Boot: from EC2's launch time to the verdict.</p>`;
  return html`${tile(duration(boots.p50), 'boot, p50', '')}${tile(duration(boots.p95), 'boot, p95', '')}</ul>
<p class="note">Boot: from EC2's launch time to the verdict, over ${counted(boots.count, 'machine')} that succeeded. p95: 95 of 100 machines took this long or less.</p>`;
}

const tile = (figure: string, label: string, look: string): Html =>
  html`<li class="${look}"><b>${figure}</b> <span>${label}</span>`;

/** The boot times of the machines that succeeded, in milliseconds. */
export const successfulBoots = (machines: readonly Timed[]): number[] =>
  machines
    .filter(({ machine }) => machine.verdict === 'succeeded')
    .map(bootOf)
    .filter((ms) => ms !== null);
