import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { recordedBuild } from '../launch/begin.ts';
import { launchMachines } from '../launch/launch.ts';
import type { LaunchPlan } from '../launch/plan.ts';
import type { LaunchMeta } from '../results/document.ts';
import type { Plan } from '../results/plan.ts';
import { settingsOf } from '../results/settings.ts';
import type { Payload } from '../schemes/payload.ts';
import type { BootBudget } from '../watch/budget.ts';
import type { Artifacts } from './artifacts/artifacts.ts';
import {
  artifactNotices,
  artifactsOf,
  completeIntent,
  payloadsOf,
  sendsBeacons,
} from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { roleHash } from './artifacts/schemes.ts';
import type { LaunchRequest } from './launch-request.ts';
import { planOf } from './plan-of.ts';
import { previewArtifacts } from './preview.ts';
import { follow, type Run, type RunChoice, type RunEvent } from './run.ts';
import type { Runtime } from './runtime.ts';
import type { Session } from './session.ts';
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

interface BudgetChoice {
  readonly strictBudget?: boolean;
}

/** How long a role's boots may take, where its catalogue says. */
export const budgetOf = (
  { bootBudgetMs: ms }: Pick<Role, 'bootBudgetMs'>,
  { strictBudget: strict = false }: BudgetChoice,
): BootBudget | undefined => (ms === undefined ? undefined : { ms, strict });

/** What is to be launched. */
export const launchPlanOf = (
  draft: LaunchRequest,
  artifacts: Artifacts,
  { bucket, runtime }: Session,
): LaunchPlan => ({
  launch: draft.launch,
  isNew: draft.isNew,
  role: draft.role,
  settings: Object.fromEntries(settingsOf(draft.role).map(({ name, value }) => [name, value])),
  settingsHash: roleHash(draft.role, draft.source.scheme),
  payload: payloadsOf(draft, artifacts, bucket, runtime.clock),
  count: draft.count,
  ...artifacts.content,
});

/**
 * What following the launch takes, beside the launching itself. Tells people what they should know of it first.
 * @param payload its first; undefined where nothing will be launched
 */
export function runOf(
  draft: LaunchRequest,
  artifacts: Artifacts,
  payload: Payload | undefined,
  choice: RunChoice & BudgetChoice,
  { beacons, runtime }: Session,
): Omit<Run, 'launching' | 'verb'> {
  const { role, launch, isNew, nonce, source } = draft;
  const notices = payload === undefined ? [] : artifactNotices(artifacts, payload);
  for (const notice of notices) runtime.user.tell(`note: ${notice}`);
  const { everyStep = false, against, defuse } = choice;
  return {
    everyStep,
    against,
    defuse,
    meta: metaOf(draft, artifacts),
    launch,
    beacons: payload !== undefined && sendsBeacons(payload) ? beacons : undefined,
    secrets: source.secrets,
    timeoutMs: role.timeoutMs,
    budget: budgetOf(role, choice),
    patterns: role.patterns,
    // Under an id that was given, or that CI names, an earlier run may have launched, with a nonce of its own.
    ...(isNew && { nonce }),
  };
}

/** What a report says of a launch beside its events. */
function metaOf({ role, launch }: LaunchRequest, { content: { build, bundle } }: Artifacts): LaunchMeta {
  return {
    id: launch,
    catalogue: role.catalogue,
    role: role.role,
    environment: role.environment,
    context: role.context,
    catalogue_sha256: role.catalogueSha256,
    region: role.region,
    ami: role.ami,
    ...(build && { build: recordedBuild(build) }),
    ...(bundle && { bundle_sha256: bundle.sha256 }),
    ...(role.bootBudgetMs !== undefined && { boot_budget_ms: role.bootBudgetMs }),
  };
}
