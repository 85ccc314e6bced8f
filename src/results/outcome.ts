import type { ExitCode } from '../errors.ts';
import { type LaunchMeta, launchDocument } from './document.ts';
import type { PageData } from './page-data.ts';
import type { LaunchView } from './state.ts';
import { timelinesOf } from './timelines.ts';

/** What became of a launch: its JSON document, and the times of its machines in the same order. */
export type Outcome = Pick<PageData, 'document' | 'timelines'>;

/** Returns what became of a launch. @param exit the code that the process ends with */
export const outcomeOf = (view: LaunchView, launch: LaunchMeta, exit: ExitCode): Outcome => ({
  document: launchDocument(view, launch, exit),
  timelines: timelinesOf(view),
});

/** Returns what the HTML report shows. @param now epoch milliseconds */
export function pageData(
  { document, timelines }: Outcome,
  now: number,
  against: PageData['against'] | undefined,
): PageData {
  const { boot_budget_ms: budgetMs } = document.launch;
  return {
    version: 1,
    generated: new Date(now).toISOString(),
    document,
    timelines,
    ...(budgetMs !== undefined && { boot_budget_ms: budgetMs }),
    ...(against && { against }),
  };
}
