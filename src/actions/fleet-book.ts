import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { FleetName } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { FleetBook } from '../fleet/book.ts';
import { fleetKey } from '../fleet/lease.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { durationMs } from '../yaml/texts.ts';
import { actorOf } from './release/app.ts';
import type { Runtime } from './runtime.ts';

/** Whose lease is taken, and what for. */
interface FleetWork {
  readonly name: FleetName & { readonly region: string };
  readonly verb: 'scale' | 'replace' | 'terminate';
  readonly launch: string;
  /** How long to wait for another run, milliseconds. */
  readonly waitMs: number;
}

/** Waits for the fleet's lease, and says for whom. */
export async function openFleetBook(
  { name, verb, launch, waitMs }: FleetWork,
  records: LaunchRecords,
  runtime: Runtime,
): Promise<FleetBook> {
  const { clock, signal, user } = runtime;
  return await FleetBook.open({
    records,
    key: fleetKey(name),
    clock,
    signal,
    holder: {
      id: randomBytes(8).toString('hex'),
      by: actorOf(runtime),
      host: hostname(),
      pid: process.pid,
      verb,
      launch,
      since: new Date(clock.now()).toISOString(),
    },
    waitMs,
    isAlive,
    onWait: (holder) =>
      user.tell(
        `waiting for ${holder.verb} by ${holder.by} (launch ${holder.launch}), at work on this fleet since ${holder.since}`,
      ),
  });
}

/** `0s` waits for nobody. @throws UsageError */
export function lockWaitMs(text: string): number {
  if (/^0[smh]?$/.test(text)) return 0;
  if (/^[1-9]\d{0,4}[smh]$/.test(text)) return durationMs(text);
  throw new UsageError(`--lock-wait ${JSON.stringify(text)} is no duration`, {
    hint: '--lock-wait takes a duration such as 30s, 10m or 1h, or 0s',
  });
}

/** Whether a process of this machine is there; one of another user is, too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
