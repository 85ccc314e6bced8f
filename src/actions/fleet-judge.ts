import type { Role } from '../catalogue/role.ts';
import type { InstanceId, LaunchId, Machine, Outcome } from '../model.ts';
import type { ReportedEvent } from '../results/events.ts';
import { type BootBudget, budgetOfEarlier } from '../watch/budget.ts';
import { watchLaunch } from '../watch/watch.ts';
import type { Session } from './session.ts';
import { watchPace } from './watch-pace.ts';

/** Watches machines of earlier launches, whose verdicts nobody knows, to their verdicts. */
export async function judgeLeftovers(
  machines: readonly Machine[],
  { timeoutMs, patterns }: Role,
  budget: BootBudget | undefined,
  session: Session,
  tell: (event: ReportedEvent) => void,
): Promise<ReadonlyMap<InstanceId, Outcome>> {
  const { ec2, beacons, runtime } = session;
  const outcomes = new Map<InstanceId, Outcome>();
  const launches = new Map<string, Machine[]>();
  for (const machine of machines) {
    const launch = machine.tags['rolecall:launch'] ?? '';
    launches.set(launch, [...(launches.get(launch) ?? []), machine]);
  }
  for (const [launch, those] of launches) {
    const events = watchLaunch({
      ec2: ec2.polling,
      clock: runtime.clock,
      launch: launch as LaunchId,
      sent: () => ({ machines: those, launched: those.length, done: true, only: true }),
      ...(beacons !== undefined && { beacons }),
      timeoutMs,
      budget: budgetOfEarlier(patterns, budget),
      patterns,
      ...watchPace(session),
      signal: runtime.signal,
    });
    for await (const event of events) {
      tell(event);
      if (event.type === 'verdict') outcomes.set(event.machine.instanceId, event.verdict.outcome);
    }
  }
  return outcomes;
}
