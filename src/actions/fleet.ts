import type { Role } from '../catalogue/role.ts';
import type { Host } from '../cli/context.ts';
import type { ReportWords } from '../cli/follow.ts';
import { follow } from '../cli/follow.ts';
import { askToEnd } from '../cli/prompts/confirm.ts';
import type { ExitCode } from '../errors.ts';
import type { FleetStreamEvent } from '../fleet/events.ts';
import type { Member, Wanted } from '../fleet/members.ts';
import type { FleetPlan, FleetTools, Rules } from '../fleet/tools.ts';
import type { LaunchPlan } from '../launch/plan.ts';
import { hashTag, settingsTag } from '../launch/request.ts';
import type { OutputFormat, Progress } from '../reporters/progress.ts';
import type { Pins } from './artifacts/artifacts.ts';
import { payloadFor } from './artifacts/payloads.ts';
import { budgetOf, followingOf, launchPlanOf } from './drafted.ts';
import { lockWaitMs, openFleetBook } from './fleet-book.ts';
import { judgeLeftovers } from './fleet-judge.ts';
import type { Draft } from './intent.ts';
import { Scoreboard } from './scoreboard.ts';
import type { CloudChoice, Session } from './session.ts';

export interface FleetWords extends CloudChoice, ReportWords {
  readonly yes: boolean;
  readonly 'lock-wait': string;
  readonly 'accept-changes'?: boolean;
  readonly 'strict-budget'?: boolean;
  readonly output: OutputFormat;
}

/** What a command does to a fleet. */
export interface FleetChange {
  readonly verb: keyof typeof VERBS;
  readonly draft: Draft;
  readonly pins: Pins;
  readonly rules: Rules;
  readonly run: (plan: FleetPlan, tools: FleetTools) => AsyncGenerator<FleetStreamEvent>;
}

/** What a launch would give the fleet's machines now. */
export const wantedOf = (role: Role, { build, bundle }: Pins): Wanted => ({
  ami: role.ami,
  settings: settingsTag(role),
  build: build?.build.tag,
  bundle: bundle && hashTag(bundle.sealed.tarSha256),
});

/** Takes the fleet's lease, changes the fleet, and reports. */
export async function changeFleet(
  change: FleetChange,
  words: FleetWords,
  session: Session,
  host: Host,
): Promise<ExitCode> {
  const { verb, draft, pins, rules } = change;
  const { role, launch } = draft;
  const { ec2, records, runtime } = session;
  const { clock, signal } = runtime;
  // Where none is to be left nothing is launched, and what a launch would give is not found out.
  const isEnd = draft.count === 0;
  const payload = isEnd ? undefined : await payloadFor(draft, pins);
  const waitMs = lockWaitMs(words['lock-wait']);
  const book = await openFleetBook({ name: role, verb, launch, waitMs }, records, host);
  try {
    const scores = new Scoreboard();
    let progress: Progress | undefined;
    const planOf = (each: Draft): LaunchPlan => ({
      ...launchPlanOf(each, pins, session),
      acceptChanges: words['accept-changes'] ?? false,
      strictBudget: words['strict-budget'] ?? false,
    });
    const plan: FleetPlan = {
      launch: planOf(draft),
      wanted: isEnd ? undefined : wantedOf(role, pins),
      rules,
    };
    const ask = (members: readonly Member[], shown: Progress | undefined) => {
      const asking = () => askToEnd(verb, members, role, words, host);
      return words.yes || shown === undefined ? asking() : shown.aside(asking);
    };
    const tools: FleetTools = {
      ec2,
      records,
      clock,
      signal,
      book,
      ledger: book,
      planOf: (id) => planOf({ ...draft, launch: id, isNew: false }),
      proofs: (ids) => scores.all(ids),
      judge: (machines) =>
        judgeLeftovers(machines, role, budgetOf(role, words), session, (event) => progress?.tell(event)),
      agreed: (members) => ask(members, progress),
    };
    return await follow(
      {
        ...followingOf(draft, pins, payload, words, session),
        launching: change.run(plan, tools),
        scores,
        opened: (opened) => {
          progress = opened;
        },
        verb: VERBS[verb],
      },
      session,
      host,
    );
  } finally {
    await book.close();
  }
}

const VERBS = { scale: 'scaling', replace: 'replacing' } as const;
