import type { PageData } from '../../results/page-data.ts';
import { stepWords } from '../../results/words.ts';
import { budgetTime, counted, duration } from '../../text.ts';
import { type Html, html } from './html.ts';
import { machineLink, timeText } from './machine.ts';
import { bootOf, type Timed } from './phases.ts';

/** The machines whose boot took longer than the budget, the slowest first, each with its slowest step. */
export function overBudget({ boot_budget_ms }: PageData, machines: readonly Timed[]): Html | undefined {
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
