import type { RunChoice } from '../actions/run.ts';
import { defuserFor } from '../terminal/workflow.ts';
import type { Host } from './context.ts';

/** What the arguments of a command that follows machines choose of its run. */
export const runChoice = (
  { report, against }: { readonly report?: string | undefined; readonly against?: string | undefined },
  { env }: Pick<Host, 'env'>,
): RunChoice => ({
  // The HTML report shows every step.
  everyStep: report !== undefined,
  against,
  defuse: defuserFor(env),
});
