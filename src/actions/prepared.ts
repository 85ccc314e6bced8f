/** What a draft and its artifacts are to the launching, the watch and the report: the same for one launch and for a fleet's. */
import type { Role } from '../catalogue/role.ts';
import { recordedBuild } from '../launch/begin.ts';
import type { LaunchPlan } from '../launch/plan.ts';
import type { LaunchMeta } from '../results/document.ts';
import { settingsOf } from '../results/settings.ts';
import type { Payload } from '../schemes/payload.ts';
import type { BootBudget } from '../watch/budget.ts';
import type { Artifacts } from './artifacts/artifacts.ts';
import { artifactNotices, payloadsOf, sendsBeacons } from './artifacts/payloads.ts';
import { roleHash } from './artifacts/schemes.ts';
import type { LaunchRequest } from './launch-request.ts';
import type { Run, RunChoice } from './run.ts';
import type { Session } from './session.ts';

interface BudgetChoice {
  readonly 'strict-budget'?: boolean;
}

/** How long a role's boots may take, where its catalogue says. */
export const budgetOf = (
  { bootBudgetMs: ms }: Pick<Role, 'bootBudgetMs'>,
  { 'strict-budget': strict = false }: BudgetChoice,
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
