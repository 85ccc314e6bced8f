import type { FleetStreamEvent } from '../fleet/events.ts';
import type { Member, Wanted } from '../fleet/members.ts';
import type { FleetPlan, FleetTools, Rules } from '../fleet/tools.ts';
import type { LaunchPlan } from '../launch/plan.ts';
import { hashTag } from '../launch/request.ts';
import type { ReportedEvent } from '../results/events.ts';
import type { Artifacts } from './artifacts/artifacts.ts';
import { payloadFor } from './artifacts/artifacts.ts';
import { roleHash } from './artifacts/schemes.ts';
import { lockWaitMs, openFleetBook } from './fleet-book.ts';
import { judgeLeftovers } from './fleet-judge.ts';
import { budgetOf, launchPlanOf, runOf } from './launch.ts';
import type { LaunchRequest } from './launch-request.ts';
import { follow, type RunChoice, type RunEvent } from './run.ts';
import { Scoreboard } from './scoreboard.ts';
import type { CloudChoice, Session } from './session.ts';

/** What a caller chooses of a change of a fleet. */
export interface FleetChoice extends CloudChoice, RunChoice {
  readonly lockWait: string;
  readonly acceptChanges?: boolean;
  readonly strictBudget?: boolean;
}

/** What an action does to a fleet. */
export interface FleetChange {
  readonly verb: 'scale' | 'replace';
  readonly request: LaunchRequest;
  readonly artifacts: Artifacts;
  readonly rules: Rules;
  /** Asked before machines are ended. */
  readonly agreed: (members: readonly Member[]) => Promise<boolean>;
  readonly run: (plan: FleetPlan, tools: FleetTools) => AsyncGenerator<FleetStreamEvent>;
}

/** What a launch would give the fleet's machines now. */
export const wantedOf = (
  { role, source }: LaunchRequest,
  { content: { build, bundle } }: Artifacts,
): Wanted => ({
  ami: role.ami,
  settings: hashTag(roleHash(role, source.scheme)),
  build: build?.tag,
  bundle: bundle && hashTag(bundle.tarSha256),
});

/** Takes the fleet's lease, changes the fleet, and follows its new machines to their verdicts. */
export async function* changeFleet(
  { verb, request, artifacts, rules, agreed, run }: FleetChange,
  choice: FleetChoice,
  session: Session,
): AsyncGenerator<RunEvent, void, void> {
  const { role, launch } = request;
  const { ec2, records, runtime } = session;
  const { clock, signal } = runtime;
  // Where none is to be left nothing is launched, and what a launch would give is not found out.
  const isEnd = request.count === 0;
  const payload = isEnd ? undefined : payloadFor(request, artifacts);
  const waitMs = lockWaitMs(choice.lockWait);
  const book = await openFleetBook({ name: role, verb, launch, waitMs }, records, runtime);
  try {
    const scores = new Scoreboard();
    let tell: (event: ReportedEvent) => void = () => undefined;
    const planOf = (each: LaunchRequest): LaunchPlan => ({
      ...launchPlanOf(each, artifacts, session),
      acceptChanges: choice.acceptChanges ?? false,
      strictBudget: choice.strictBudget ?? false,
    });
    const plan: FleetPlan = {
      launch: planOf(request),
      wanted: isEnd ? undefined : wantedOf(request, artifacts),
      rules,
    };
    const tools: FleetTools = {
      ec2,
      records,
      clock,
      signal,
      book,
      ledger: book,
      planOf: (id) => planOf({ ...request, launch: id, isNew: false }),
      proofs: (ids) => scores.all(ids),
      judge: (machines) =>
        judgeLeftovers(machines, role, budgetOf(role, choice), session, (event) => tell(event)),
      agreed,
    };
    const hear = (teller: typeof tell) => {
      tell = teller;
    };
    const launching = run(plan, tools);
    yield* follow(
      { ...runOf(request, artifacts, payload, choice, session), launching, scores, hear, verb },
      session,
    );
  } finally {
    await book.close();
  }
}
