import type { Machine } from '../model.ts';
import { truncate } from '../text.ts';
import type { Failure, Step, Verdict } from '../watch/verdict.ts';

/** One machine as the report knows it. Times are epoch milliseconds by the watcher's clock. */
export interface MachineRow {
  readonly machine: Machine;
  /** When the report first heard of it. */
  readonly seenAt: number;
  /** When EC2 first showed it running; absent for one that ran already when the report first heard of it. */
  readonly runningAt?: number;
  /** The step that the box is in; absent between steps and after the verdict. */
  readonly step?: { readonly name: string; readonly since: number };
  readonly steps: readonly Step[];
  /** The last summary line that it printed. */
  readonly said?: { readonly step: string; readonly text: string };
  /** What its last sign of life shows, where it has told nothing since. */
  readonly alive?: string;
  readonly verdict?: Verdict;
  readonly verdictAt?: number;
}

/** Longer commands are cut here; the document has them whole. */
const WIDEST = 300;

/**
 * Which command failed and where: `line 12 of b/prod/bootstrapper.sh: mkfs.ext4 /dev/nvme1n1 (status 1)`. Empty where nobody
 * knows.
 */
export function failedCommand({
  location,
  command,
  commandStatus,
  status,
  signal,
}: Pick<Failure, 'location' | 'command' | 'commandStatus' | 'status' | 'signal'>): string {
  const place = location === undefined ? '' : `line ${location.line} of ${location.file}`;
  const inside = location?.function === undefined ? '' : `, in ${location.function}`;
  const where = `${place}${inside}`;
  if (command === undefined) return where;
  const how = [`status ${commandStatus ?? status}`, ...(signal === undefined ? [] : [signal])].join(', ');
  return `${where}${where === '' ? '' : ': '}${truncate(command, WIDEST)} (${how})`;
}

/** A step's name for people: `module.rabbitmq` is `module rabbitmq`. */
export const stepWords = (step: string): string => step.replace(/^module\./, 'module ');
