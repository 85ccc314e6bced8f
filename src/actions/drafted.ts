/** What a draft and its pins are to the launching, the watch and the report: the same for one launch and for a fleet's. */
import { declaredSecrets } from '../bundle/declared-secrets.ts';
import type { Role } from '../catalogue/role.ts';
import type { Following, ReportWords } from '../cli/follow.ts';
import { recordedBuild } from '../launch/begin.ts';
import type { LaunchPlan } from '../launch/plan.ts';
import type { OutputFormat } from '../reporters/progress.ts';
import type { LaunchMeta } from '../results/document.ts';
import { settingsOf } from '../results/settings.ts';
import type { Payload } from '../schemes/payload.ts';
import type { BootBudget } from '../watch/budget.ts';
import { type Pins, pinNotices } from './artifacts/artifacts.ts';
import { payloadsOf, sendsBeacons } from './artifacts/payloads.ts';
import type { Draft } from './intent.ts';
import type { Session } from './session.ts';

interface FollowWords extends ReportWords {
  readonly output: OutputFormat;
  readonly 'strict-budget'?: boolean;
}

/** How long a role's boots may take, where its catalogue says. */
export const budgetOf = (
  { bootBudgetMs: ms }: Pick<Role, 'bootBudgetMs'>,
  { 'strict-budget': strict = false }: Pick<FollowWords, 'strict-budget'>,
): BootBudget | undefined => (ms === undefined ? undefined : { ms, strict });

/** What is to be launched. */
export const launchPlanOf = (draft: Draft, pins: Pins, { bucket, runtime }: Session): LaunchPlan => ({
  launch: draft.launch,
  isNew: draft.isNew,
  role: draft.role,
  settings: Object.fromEntries(settingsOf(draft.role).map(({ name, value }) => [name, value])),
  payload: payloadsOf(draft, pins, bucket, runtime.clock),
  count: draft.count,
  build: pins.build?.build,
  bundle: pins.bundle?.sealed,
});

/**
 * What following the launch takes, beside the launching itself. Tells people what they should know of it first.
 * @param payload its first; undefined where nothing will be launched
 */
export function followingOf(
  draft: Draft,
  pins: Pins,
  payload: Payload | undefined,
  words: FollowWords,
  { beacons, records, runtime }: Session,
): Omit<Following, 'launching' | 'verb'> {
  const { role, launch, isNew, nonce, bundle } = draft;
  const notices = payload === undefined ? [] : pinNotices(pins, payload);
  for (const notice of notices) runtime.user.tell(`note: ${notice}`);
  return {
    output: words.output,
    junit: words.junit,
    report: words.report,
    against: words.against,
    records,
    meta: metaOf(draft, pins),
    launch,
    beacons: payload !== undefined && sendsBeacons(payload) ? beacons : undefined,
    secrets: bundle && declaredSecrets(bundle.parts),
    timeoutMs: role.timeoutMs,
    budget: budgetOf(role, words),
    patterns: role.patterns,
    // Under an id that was given, or that CI names, an earlier run may have launched, with a nonce of its own.
    ...(isNew && { nonce }),
  };
}

/** What a report says of a launch beside its events. */
function metaOf({ role, launch }: Draft, pins: Pins): LaunchMeta {
  const build = pins.build?.build;
  const sealed = pins.bundle?.sealed;
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
    ...(sealed && { bundle_sha256: sealed.sha256 }),
    ...(role.bootBudgetMs !== undefined && { boot_budget_ms: role.bootBudgetMs }),
  };
}
