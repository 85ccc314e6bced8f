import type { Catalogue } from '../catalogue/catalogue.ts';
import { launchMachines } from '../launch/launch.ts';
import type { Plan } from '../results/plan.ts';
import { artifactsOf } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { completeIntent } from './artifacts/payloads.ts';
import type { LaunchRequest } from './launch-request.ts';
import { planOf } from './plan-of.ts';
import { launchPlanOf, runOf } from './prepared.ts';
import { previewArtifacts } from './preview.ts';
import { follow, type RunChoice, type RunEvent } from './run.ts';
import type { Runtime } from './runtime.ts';
import { type CloudChoice, launchPlace, openSession } from './session.ts';

/** What a caller chooses of a launch, beside what is asked for. */
export interface LaunchChoice extends CloudChoice, BuildChoice, RunChoice {
  /** Asked with the plan before anything is launched; what it does not agree to is not launched. */
  readonly agreed?: ((plan: Plan) => Promise<boolean>) | undefined;
  /** In a local cloud of its own, though another may be up. */
  readonly alone?: boolean;
}

/** Launches what is asked for, and follows the machines to their verdicts. Without consent it tells nothing. */
export async function* launch(
  request: LaunchRequest,
  choice: LaunchChoice,
  catalogue: Catalogue,
  runtime: Runtime,
): AsyncGenerator<RunEvent, void, void> {
  const { role } = request;
  const { agreed, alone } = choice;
  // Where no build has to be looked up, people are asked before a local cloud is started.
  const askFirst = agreed !== undefined && request.source.asks !== 'requests';
  if (askFirst) {
    const { artifacts, estimate } = await previewArtifacts(choice, request, catalogue, runtime);
    if (!(await agreed(planOf(completeIntent(request, artifacts), catalogue, { estimate })))) return;
  }
  const session = await openSession(launchPlace(choice, role, catalogue, alone), runtime);
  try {
    const artifacts = await artifactsOf(request, choice, session);
    const intent = completeIntent(request, artifacts);
    if (agreed !== undefined && !askFirst && !(await agreed(planOf(intent, catalogue)))) return;
    const { ec2, records } = session;
    const { clock, signal } = runtime;
    const plan = launchPlanOf(request, artifacts, session);
    const launching = launchMachines(plan, { ec2, records, clock, signal });
    const run = runOf(request, artifacts, intent.payload, choice, session);
    yield* follow({ ...run, launching, verb: 'launch' }, session);
  } finally {
    await session.close();
  }
}
