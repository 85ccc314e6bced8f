import type { Outcome } from '../model.ts';
import { printable } from '../text.ts';
import type { Failure } from '../watch/verdict.ts';
import { likenessOf } from './likeness.ts';
import { failedCommand, type MachineRow, stepWords } from './row.ts';
import type { LaunchView } from './state.ts';

/** Machines without success that met the same trouble: the same outcome, step, failing command, status and (by likeness) error. */
export interface Cluster {
  /** A machine without a verdict yet counts as silent, as everywhere. */
  readonly outcome: Exclude<Outcome, 'succeeded'>;
  /** The step that failed, or that a silent machine hangs in; null where nobody knows. */
  readonly step: string | null;
  /** The first machine's failure, which stands for all; null for machines that did not fail. */
  readonly failure: Failure | null;
  /** Why, in the words of the first machine: for silent and lost machines, and some failures. */
  readonly reason?: string;
  /** In the order of their launch; never empty. The first one's words stand for all. */
  readonly rows: readonly [MachineRow, ...MachineRow[]];
}

export const NO_VERDICT = 'watching ended before its verdict';

/** How the reason of a machine begins that EC2 never showed as running. */
const NEVER_RUNNING = 'never running: ';

/** Every machine without success in exactly one cluster: the largest first, then by step, then in the order of launch. */
export function clustersOf(view: LaunchView): Cluster[] {
  const clusters = new Map<
    string,
    Omit<Cluster, 'rows'> & { readonly rows: [MachineRow, ...MachineRow[]] }
  >();
  for (const row of view.machines.values()) {
    const trouble = troubleOf(row);
    if (trouble === undefined) continue;
    const key = keyOf(trouble);
    const known = clusters.get(key);
    if (known === undefined) clusters.set(key, { ...trouble, rows: [row] });
    else known.rows.push(row);
  }
  return [...clusters.values()].sort((a, b) => b.rows.length - a.rows.length || byStep(a.step, b.step));
}

/** By name, so that equal launches give equal reports; what has no step comes last. */
function byStep(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

type Trouble = Omit<Cluster, 'rows'>;

function troubleOf({ verdict, step }: MachineRow): Trouble | undefined {
  const hangs = { step: step?.name ?? null, failure: null };
  if (verdict === undefined) return { outcome: 'silent', ...hangs, reason: NO_VERDICT };
  switch (verdict.outcome) {
    case 'succeeded':
      return undefined;
    case 'failed': {
      const { failure } = verdict;
      const { step: failed, reason } = failure;
      return { outcome: 'failed', step: failed, failure, ...(reason !== undefined && { reason }) };
    }
    case 'silent':
    case 'lost':
      return { outcome: verdict.outcome, ...hangs, reason: verdict.reason };
  }
}

/** What machines with the same trouble have in common. */
function keyOf({ outcome, step, failure, reason = '' }: Trouble): string {
  if (failure === null) return JSON.stringify([outcome, step, likenessOf(reason)]);
  const { status, commandStatus, signal, command = '', error = reason, location } = failure;
  // `exit 1` says nothing of its cause: without an error its line does.
  const bare =
    /^(?:exit|return|false)\b/.test(command) &&
    !failure.excerpt.some((line) => line.trim() !== '' && error.includes(line.trim()));
  const line = bare ? location?.line : undefined;
  return JSON.stringify([
    outcome,
    step,
    status,
    commandStatus ?? status,
    signal,
    likenessOf(command),
    likenessOf(error),
    line,
  ]);
}

/** What a cluster, or its entry in the JSON document, tells of its trouble. */
interface Told {
  readonly outcome: Cluster['outcome'];
  readonly step: string | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly reason?: string;
}

/** Returns what befell the machines, in words: `failed at module rabbitmq (status 100)`, `silent`, `never booted`. */
export function headWords({ outcome, step, status, reason }: Omit<Told, 'error'>): string {
  switch (outcome) {
    case 'failed':
      return `failed at ${stepWords(step ?? 'an unknown step')} (status ${status})`;
    case 'lost':
      return 'lost';
    case 'silent':
      if (reason === NO_VERDICT) return 'no verdict yet';
      return reason?.startsWith(NEVER_RUNNING) ? 'never booted' : 'silent';
  }
}

/** Returns the line that tells the most, fit for a terminal; empty where `headWords` has said it all. */
export function lineWords({ error, reason = '' }: Pick<Told, 'error' | 'reason'>): string {
  if (reason === NO_VERDICT) return '';
  const line = reason.startsWith(NEVER_RUNNING) ? reason.slice(NEVER_RUNNING.length) : reason;
  return printable(error ?? line);
}

const toldOf = ({ outcome, step, failure, reason }: Cluster): Told => ({
  outcome,
  step,
  status: failure?.status ?? null,
  error: failure?.error ?? null,
  ...(reason !== undefined && { reason }),
});

/** What befell them, in words: `failed at module rabbitmq (status 100)`, `silent`, `never booted`. */
export const headOf = (cluster: Cluster): string => headWords(toldOf(cluster));

/** The command that failed and where it stands, fit for a terminal; empty where nobody knows. */
export const commandOf = ({ failure }: Cluster): string =>
  failure === null ? '' : printable(failedCommand(failure));

/** What may mend it, fit for a terminal; empty where nobody knows. */
export const hintOf = ({ failure }: Cluster): string =>
  failure?.hint === undefined ? '' : `→ ${printable(failure.hint)}`;

/** The line that tells the most about them, fit for a terminal; empty where there is none. */
export const lineOf = (cluster: Cluster): string => lineWords(toldOf(cluster));

/** `37 of 40 failed at module rabbitmq (status 100): E: Unable to locate package rabbitmq-server`, without line ends. */
export function sentenceOf(cluster: Cluster, total: number): string {
  const line = lineOf(cluster);
  return `${cluster.rows.length} of ${total} ${headOf(cluster)}${line === '' ? '' : `: ${line}`}`;
}

/**
 * Console lines around the error, or the end, of the first machine.
 * @param most of a longer excerpt these many lines, the error's among them
 */
export function excerptOf({ rows: [{ verdict }] }: Cluster, most?: number): Excerpt {
  if (verdict === undefined || verdict.outcome === 'succeeded') return { lines: [], before: 0 };
  return verdict.outcome === 'failed'
    ? excerptAround(verdict.failure.excerpt, verdict.failure.error, most)
    : excerptAround(verdict.excerpt, undefined, most);
}

/** Returns at most `most` lines of an excerpt: those around the error, or the last ones. */
export function excerptAround(
  excerpt: readonly string[],
  error = '',
  most = Number.POSITIVE_INFINITY,
): Excerpt {
  const last = Math.max(0, excerpt.length - most);
  const at = excerpt.findLastIndex((line) => line.trim() !== '' && error.startsWith(line.trim()));
  const from = at < 0 || at >= last ? last : Math.max(0, at - 1);
  return { lines: excerpt.slice(from, from + most), before: from };
}

export interface Excerpt {
  readonly lines: readonly string[];
  /** Lines of the excerpt that stand before these and are left out. */
  readonly before: number;
}
