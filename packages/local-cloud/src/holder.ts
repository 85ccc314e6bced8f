import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A name for this process that no later process with the same pid has: `PID.START.RANDOM`. */
export const thisProcess = (): string => `${ownProcess()}.${randomBytes(4).toString('hex')}`;

/** `PID.START` of this process, without a random part. */
export const ownProcess = (): string => `${process.pid}.${startOf(process.pid)}`;

/** Whether the process of a name made by `thisProcess` or `ownProcess` still runs. */
export function lives(holder: string): boolean {
  const [pid = '', start = ''] = holder.split('.');
  return start !== '' && startOf(Number(pid)) === start;
}

/**
 * Eight hex digits for the boot and the PID namespace of this process. Pids can be compared only where they are equal:
 * containers that share a folder have pids of their own.
 */
export function ownNamespace(): string {
  const parts = [hostnameOfBoot(), linkOf('/proc/self/ns/pid')];
  return createHash('sha256').update(parts.join('|')).digest('hex').slice(0, 8);
}

/** What is named after a process whose pid can't be compared with ours is abandoned after a day without a change. */
const FOREIGN_MS = 24 * 60 * 60 * 1000;

/** `NAMESPACE-PID.START`: a name for what this process keeps in a folder that processes of other namespaces may share. */
export const ownMark = (): string => `${ownNamespace()}-${ownProcess()}`;

/** What the name of a process from `ownMark` looks like in a regular expression. */
export const MARK = '[0-9a-f]{8}-\\d+\\.\\d+';

/**
 * Whether the process of an `ownMark` has ended.
 * @param mtimeMs when what it names was last changed, epoch milliseconds
 * @param now epoch milliseconds
 */
export function isAbandoned(mark: string, mtimeMs: number, now: number): boolean {
  const [namespace, holder = ''] = mark.split('-');
  return namespace === ownNamespace() ? !lives(holder) : now - mtimeMs > FOREIGN_MS;
}

/** Whether a process, or one of those that it descends from, is the one of a name made by `thisProcess` or `ownProcess`. */
export function descendsFrom(pid: number, holder: string): boolean {
  const [ancestor = '', start = ''] = holder.split('.');
  for (let at = pid; at > 1; at = Number(statOf(at)?.[1] ?? 0))
    if (at === Number(ancestor)) return start !== '' && startOf(at) === start;
  return false;
}

function hostnameOfBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/**
 * When a process started: field 22 of proc(5)'s stat, in clock ticks after boot. Where there is no /proc, `0` for each
 * process that runs. Empty for a process that doesn't.
 */
function startOf(pid: number): string {
  return statOf(pid)?.[19] ?? (hasProc() || !runs(pid) ? '' : '0');
}

/** What stands behind the name of a process in its stat, proc(5): state, parent, and so on. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const hasProc = (): boolean => linkOf('/proc/self') !== '';

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else may not be signalled.
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
