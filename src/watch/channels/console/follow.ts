/** One machine's console for people: read once, or followed as it grows. */
import type { ConsoleSnapshot, Ec2 } from '../../../aws/ports.ts';
import type { Clock } from '../../../clock.ts';
import { AwsError, type AwsErrorKind, UsageError } from '../../../errors.ts';
import type { InstanceId, Machine } from '../../../model.ts';
import { type Piece, type Stitch, stitch, unread } from '../../stitch.ts';
import { ConsoleReader, POSTED_EVERY_MS } from './reader.ts';

const TICK_MS = 500;
const SLOWEST_TICK_MS = 16_000;

/** Console text as the machine printed it (see `harmlessText`), or a place where some of it is missing. */
export type ConsolePart = { readonly text: string } | { readonly gap: 'gap' | 'restarted' };

type ConsoleEc2 = Pick<Ec2, 'machine' | 'consoleOutput'>;

/**
 * Reads a machine's console in both of EC2's modes and merges what they hold, oldest first.
 * @returns no parts where the console is empty
 * @throws UsageError where EC2 knows no such machine
 * @throws AwsError
 */
export async function readConsole(ec2: ConsoleEc2, id: InstanceId): Promise<ConsolePart[]> {
  const machine = await existing(ec2, id);
  const snapshots = await new ConsoleReader(ec2).both(machine);
  return merged(snapshots).parts;
}

/**
 * Follows a machine's console until the machine has ended or `signal` aborts.
 * @throws UsageError where EC2 knows no such machine
 * @throws AwsError where AWS refuses for good; throttling and trouble that may pass are waited out
 */
export async function* followConsole(
  ec2: ConsoleEc2,
  id: InstanceId,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<ConsolePart, void, void> {
  const reader = new ConsoleReader(ec2);
  const machine = await existing(ec2, id);
  const first = merged(await reader.both(machine));
  yield* first.parts;
  let state = first.state;
  let pauseMs = TICK_MS;
  let ended = hasEnded(machine);
  while (!signal?.aborted && !ended) {
    await clock.sleep(reader.isPostedOnly(machine) ? Math.max(pauseMs, POSTED_EVERY_MS) : pauseMs, signal);
    if (signal?.aborted) return;
    const look = await lookAgain(ec2, reader, machine);
    pauseMs = look === undefined ? Math.min(SLOWEST_TICK_MS, pauseMs * 2) : TICK_MS;
    ended = look?.ended ?? false;
    const next = merged(look?.snapshots ?? [], state);
    state = next.state;
    yield* next.parts;
  }
}

/** Trouble that passes; what Ctrl-C interrupts ends the following by the signal. */
const PASSING: ReadonlySet<AwsErrorKind> = new Set(['throttle', 'endpoint', 'server', 'interrupted']);

/** @returns undefined where AWS throttles or is in trouble */
async function lookAgain(ec2: ConsoleEc2, reader: ConsoleReader, machine: Machine) {
  try {
    const now = await ec2.machine(machine.instanceId);
    const ended = now === undefined || hasEnded(now);
    return { ended, snapshots: await (ended ? reader.both(machine) : reader.newest(machine)) };
  } catch (error) {
    const passes = error instanceof AwsError && PASSING.has(error.kind);
    if (passes) return undefined;
    throw error;
  }
}

function merged(snapshots: readonly ConsoleSnapshot[], from: Stitch = unread()) {
  const parts: ConsolePart[] = [];
  let state = from;
  for (const snapshot of snapshots) {
    const next = stitch(state, snapshot);
    state = next.state;
    parts.push(...partsOf(next.piece));
  }
  return { state, parts };
}

/** What comes from before the text that was shown can't be put in its place any more: it is left out. */
function partsOf(piece: Piece | undefined): ConsolePart[] {
  if (piece === undefined || piece.join === 'older') return [];
  return piece.join === 'continues' ? [{ text: piece.text }] : [{ gap: piece.join }, { text: piece.text }];
}

const hasEnded = ({ state }: Machine): boolean => state === 'terminated' || state === 'stopped';

async function existing(ec2: ConsoleEc2, id: InstanceId): Promise<Machine> {
  const machine = await ec2.machine(id);
  if (machine !== undefined) return machine;
  throw new UsageError(`EC2 knows no machine ${id} in this region`, {
    hint: 'Check the id and --region; EC2 forgets a terminated machine after about an hour.',
  });
}
