import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Who holds something on disk, for its name: this process, told apart from a later one with its number. */
export const thisProcess = (): string =>
  `${process.pid}.${startOf(process.pid)}.${randomBytes(4).toString('hex')}`;

/** Whether the process that a holder's name tells of is still that process, and no other with its number. */
export function lives(holder: string): boolean {
  const [pid = '', start = ''] = holder.split('.');
  return start !== '' && startOf(Number(pid)) === start;
}

/** When a process started, in clock ticks after boot: field 22 of proc(5)'s stat; empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
