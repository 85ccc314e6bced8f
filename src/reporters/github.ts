import type { ExitCode } from '../errors.ts';
import { clustersOf, commandOf, headOf, lineOf } from '../results/clusters.ts';
import { type LaunchMeta, notLaunched, overBudget, tally } from '../results/document.ts';
import type { LaunchView } from '../results/state.ts';
import { errorAnnotation, warningAnnotation } from '../terminal/workflow.ts';
import { counted } from '../text.ts';
import { budgetSentence } from './budget.ts';

/** GitHub shows at most 10 annotations of a kind for a step, and drops the others without a word. */
const ANNOTATIONS = 10;

/** One annotation for each cluster, and for the machines that AWS did not give. */
export function annotations(view: LaunchView, launch: LaunchMeta): string {
  const fleet = `${launch.role} ${launch.environment}/${launch.context}`;
  const missing = notLaunched(view);
  const [refusal] = view.refused;
  const all = [
    ...(missing > 0
      ? [{ head: `${counted(missing, 'machine')} not launched`, text: refusal?.error.message ?? '' }]
      : []),
    ...clustersOf(view).map((cluster) => ({
      head: `${cluster.rows.length} of ${view.machines.size} ${headOf(cluster)}`,
      text: [...new Set([commandOf(cluster), lineOf(cluster)])].filter((text) => text !== '').join('\n'),
    })),
  ];
  const told = all.length > ANNOTATIONS ? all.slice(0, ANNOTATIONS - 1) : all;
  const rest = all.length - told.length;
  const lines = told.map(({ head, text }) => errorAnnotation(`${fleet}: ${head}`, text === '' ? head : text));
  const slow = budgetSentence(view, launch);
  if (slow !== undefined) lines.push(warningAnnotation(`${fleet}: over boot_budget`, slow));
  if (rest > 0) lines.push(errorAnnotation(fleet, `${rest} other troubles: see the summary of this job`));
  return lines.join('');
}

/**
 * What later steps of the job may want to know, one `name=value` a line, as the file `GITHUB_OUTPUT` takes them.
 * @param page path of the HTML report; absent where none is written
 */
export function outputLines(view: LaunchView, launch: LaunchMeta, exit: ExitCode, page?: string): string {
  const { succeeded, failed, silent, lost } = tally(view);
  const outputs = {
    'launch-id': launch.id,
    'exit-code': exit,
    requested: Math.max(view.requested, view.machines.size),
    succeeded,
    failed,
    // As in the document: without a verdict is silent.
    silent: silent + view.machines.size - succeeded - failed - silent - lost,
    lost,
    'not-launched': notLaunched(view),
    'over-budget': overBudget(view).length,
    // A path with a line end would become another output.
    ...(page !== undefined && !/[\r\n]/.test(page) && { report: page }),
  };
  return Object.entries(outputs)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
