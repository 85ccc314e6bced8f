import { printable } from '../io/text.ts';
import type { Outcome } from '../nouns.ts';
import type { Failure } from '../watch/verdict.ts';
import { likenessOf } from './likeness.ts';
import type { LaunchView, MachineRow } from './state.ts';
import { stepWords } from './status.ts';

/** Machines without success that met the same trouble: the same outcome, step and (by likeness) first error. */
export interface Cluster {
  /** A machine without a verdict yet counts as silent, as everywhere. */
  readonly outcome: Exclude<Outcome, 'succeeded'>;
  /** The step that failed, or that a silent machine hangs in; null where nobody knows. */
  readonly step: string | null;
  /** In the words of the first machine; null for machines that did not fail. */
  readonly firstError: string | null;
  /** Why, in the words of the first machine: for silent and lost machines, and some failures. */
  readonly reason?: string;
  /** In the order of their launch; never empty. The first one's words stand for all. */
  readonly rows: readonly [MachineRow, ...MachineRow[]];
}

export const NO_VERDICT = 'watching ended before its verdict';

/** Every machine without success in exactly one cluster: the largest first, then by step, then in the order of launch. */
export function clustersOf(view: LaunchView): Cluster[] {
  const clusters = new Map<
    string,
    Omit<Cluster, 'rows'> & { readonly rows: [MachineRow, ...MachineRow[]] }
  >();
  for (const row of view.machines.values()) {
    const trouble = troubleOf(row);
    if (trouble === undefined) continue;
    const { outcome, step, firstError, reason } = trouble;
    const key = JSON.stringify([outcome, step, likenessOf(firstError ?? reason ?? '')]);
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

function troubleOf({ verdict, step }: MachineRow): Omit<Cluster, 'rows'> | undefined {
  const hangs = { step: step?.name ?? null, firstError: null };
  if (verdict === undefined) return { outcome: 'silent', ...hangs, reason: NO_VERDICT };
  switch (verdict.outcome) {
    case 'succeeded':
      return undefined;
    case 'failed': {
      const { failure } = verdict;
      const { reason } = failure;
      const firstError = failure.firstError ?? null;
      return { outcome: 'failed', step: failure.step, firstError, ...(reason !== undefined && { reason }) };
    }
    case 'silent':
    case 'lost':
      return { outcome: verdict.outcome, ...hangs, reason: verdict.reason };
  }
}

/** What befell them, in words: `failed at module rabbitmq (status 100)`, `silent`, `never booted`. */
export function headOf({ outcome, step, rows }: Cluster): string {
  switch (outcome) {
    case 'failed': {
      const statuses = new Set(rows.map(({ verdict }) => failureOf(verdict)?.status));
      const [status] = statuses;
      return `failed at ${stepWords(step ?? 'an unknown step')}${statuses.size === 1 ? ` (status ${status})` : ''}`;
    }
    case 'lost':
      return 'lost';
    case 'silent': {
      if (rows.some(({ verdict }) => verdict === undefined)) return 'no verdict yet';
      return rows.every(({ machine }) => machine.state === 'pending') ? 'never booted' : 'silent';
    }
  }
}

const failureOf = (verdict: MachineRow['verdict']): Failure | undefined =>
  verdict?.outcome === 'failed' ? verdict.failure : undefined;

/** The line that tells the most about them, fit for a terminal; empty where there is none. */
export function lineOf(cluster: Cluster): string {
  const { firstError, reason = '', rows } = cluster;
  if (rows.some(({ verdict }) => verdict === undefined)) return '';
  // `never booted` has said it already.
  return printable(firstError ?? reason.replace(/^never running: /, ''));
}

/** `37 of 40 failed at module rabbitmq (status 100): E: Unable to locate package rabbitmq-server`, without line ends. */
export function sentenceOf(cluster: Cluster, total: number): string {
  const line = lineOf(cluster);
  return `${cluster.rows.length} of ${total} ${headOf(cluster)}${line === '' ? '' : `: ${line}`}`;
}

/** Console lines around the end of the first machine. */
export function excerptOf({ rows: [{ verdict }] }: Cluster): readonly string[] {
  if (verdict === undefined || verdict.outcome === 'succeeded') return [];
  return verdict.outcome === 'failed' ? verdict.failure.excerpt : verdict.excerpt;
}
