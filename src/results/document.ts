import { type ExitCode, exitCode } from '../errors.ts';
import type { Outcome } from '../model.ts';
import { defined } from '../objects.ts';
import { type Cluster, clustersOf, NO_VERDICT } from './clusters.ts';
import { type FleetDocument, fleetDocument } from './fleet-document.ts';
import type { MachineRow } from './row.ts';
import type { LaunchView } from './state.ts';

/**
 * The JSON document of a launch, a public contract (docs/output.md): snake_case, additions allowed, nothing renamed.
 */
export interface LaunchDocument {
  readonly launch: {
    readonly id: string;
    readonly catalogue: string;
    readonly role: string;
    readonly environment: string;
    readonly context: string;
    readonly catalogue_sha256: string;
    readonly region: string;
    readonly ami: string;
    /** What its machines deploy; absent where they deploy nothing. */
    readonly build?: LaunchBuild;
    /** Hex SHA-256 of the sealed bundle that its machines start from; absent where they start from none. */
    readonly bundle_sha256?: string;
    /** The role's `boot_budget`, milliseconds; absent where the catalogue sets none. */
    readonly boot_budget_ms?: number;
  };
  readonly machines: readonly MachineDocument[];
  /** Machines without success, those with the same trouble together; the largest first. */
  readonly clusters: readonly ClusterDocument[];
  readonly summary: {
    readonly requested: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly silent: number;
    readonly lost: number;
    /** Machines over their boot budget, those that `--strict-budget` calls failed among them; absent without a budget. */
    readonly over_budget?: number;
  };
  /** What became of the fleet; absent for a command about one launch. */
  readonly fleet?: FleetDocument;
  /** Machines whose tag rolecall:verdict could not be set; absent where there are none. */
  readonly untagged?: { readonly instance_ids: readonly string[]; readonly reason: string };
  /** Set when AWS gave fewer machines than asked. */
  readonly error?: { readonly code: string | null; readonly message: string };
  readonly exit_code: number;
}

/** The build of a launch; only its tag is known where nothing but the machines' tags tell of it. */
export interface LaunchBuild {
  readonly tag: string;
  readonly app: string | null;
  readonly commit: string | null;
  readonly sha256: string | null;
  /** ISO 8601. */
  readonly created: string | null;
}

export interface MachineDocument {
  readonly instance_id: string;
  readonly zone: string;
  readonly instance_type: string;
  readonly verdict: 'succeeded' | 'failed' | 'silent' | 'lost';
  /** From EC2's launch time to the verdict's marker; null without one. */
  readonly boot_ms: number | null;
  readonly steps: readonly { readonly name: string; readonly status: number; readonly ms: number }[];
  /** The boot took longer than `boot_budget`; absent where it did not. */
  readonly over_budget?: true;
  /** What happened beside the verdict: `rebooted during init`, `rebooted since`, `over the boot_budget of 60 s by 14 s`. */
  readonly notes?: readonly string[];
  readonly failure?: {
    readonly step: string | null;
    readonly status: number | null;
    /** The command that failed; absent where the box knows none. */
    readonly command?: string;
    /** The command's own exit status, which may differ from the step's. */
    readonly command_status?: number;
    readonly location?: LocationDocument;
    readonly error: string | null;
    /** `SIGKILL`; absent where no signal ended it. */
    readonly signal?: string;
    readonly excerpt: readonly string[];
    readonly reason?: string;
    /** What may mend it, where rolecall knows. */
    readonly hint?: string;
  };
}

export interface LocationDocument {
  readonly file: string;
  readonly line: number;
  readonly function?: string;
}

export interface ClusterDocument {
  readonly outcome: Cluster['outcome'];
  readonly step: string | null;
  /** Null for machines that did not fail. */
  readonly status: number | null;
  readonly command?: string;
  readonly location?: LocationDocument;
  readonly error: string | null;
  readonly reason?: string;
  readonly hint?: string;
  readonly count: number;
  /** All of them, in the order of their launch. */
  readonly instance_ids: readonly string[];
  /** The instance id of the machine in whose words the cluster speaks. */
  readonly example: string;
}

/** Which launch a report is about: what the events don't tell. */
export type LaunchMeta = LaunchDocument['launch'];

/** How many machines ended how; a machine without a verdict yet is in none of the four. */
export type Tally = Readonly<Record<Outcome, number>>;

/** Counts the verdicts. */
export function tally(view: LaunchView): Tally {
  const counts = { succeeded: 0, failed: 0, silent: 0, lost: 0 };
  for (const row of view.machines.values()) if (row.verdict) counts[row.verdict.outcome] += 1;
  return counts;
}

/** Machines whose boot took longer than the catalogue's `boot_budget`. */
export const overBudget = (view: LaunchView): MachineRow[] =>
  [...view.machines.values()].filter(({ verdict }) => verdict?.overBudget === true);

/** How many of the machines asked for don't exist. */
export const notLaunched = (view: LaunchView): number => Math.max(0, view.requested - view.machines.size);

/**
 * The exit code by precedence: 3 any failed or lost; else 4 fewer launched than asked; else 5 any silent; else 0.
 * A machine without a verdict counts as silent: whatever nobody has heard is not a success.
 */
export function exitCodeOf(view: LaunchView): ExitCode {
  const counts = tally(view);
  if (counts.failed + counts.lost > 0) return exitCode('failed');
  if (notLaunched(view) > 0) return exitCode('aws');
  return exitCode(counts.succeeded === view.machines.size ? 'ok' : 'silent');
}

/** The document of a launch; `exit` where the process ends otherwise than the verdicts say (130, interrupted). */
export function launchDocument(
  view: LaunchView,
  launch: LaunchMeta,
  exit = exitCodeOf(view),
): LaunchDocument {
  const machines = [...view.machines.values()].map(machineDocument);
  const count = (verdict: Outcome) => machines.filter((machine) => machine.verdict === verdict).length;
  const refusal = view.refused[0];
  return {
    launch,
    machines,
    clusters: clustersOf(view).map(clusterDocument),
    summary: {
      requested: Math.max(view.requested, machines.length),
      succeeded: count('succeeded'),
      failed: count('failed'),
      silent: count('silent'),
      lost: count('lost'),
      ...(launch.boot_budget_ms !== undefined && { over_budget: overBudget(view).length }),
    },
    ...(view.fleet && { fleet: fleetDocument(view, view.fleet) }),
    ...(view.untagged && {
      untagged: { instance_ids: view.untagged.instanceIds, reason: view.untagged.reason },
    }),
    ...(refusal && { error: { code: refusal.error.code ?? null, message: refusal.error.message } }),
    exit_code: exit,
  };
}

const clusterDocument = ({ outcome, step, failure, reason, rows }: Cluster): ClusterDocument =>
  defined({
    outcome,
    step,
    status: failure?.status ?? null,
    command: failure?.command,
    location: failure?.location,
    error: failure?.error ?? null,
    reason,
    hint: failure?.hint,
    count: rows.length,
    instance_ids: rows.map(({ machine }) => machine.instanceId),
    example: rows[0].machine.instanceId,
  });

/** One machine of the document. Without a verdict it is `silent`, with the reason that watching ended first. */
export function machineDocument(row: MachineRow): MachineDocument {
  const { machine, verdict } = row;
  const failure = failureOf(row);
  return {
    instance_id: machine.instanceId,
    zone: machine.zone,
    instance_type: machine.instanceType,
    verdict: verdict?.outcome ?? 'silent',
    boot_ms: verdict !== undefined && 'bootMs' in verdict ? (verdict.bootMs ?? null) : null,
    steps: row.steps.map(({ name, status, ms }) => ({ name, status, ms })),
    ...(verdict?.overBudget && { over_budget: true }),
    ...(verdict !== undefined && 'notes' in verdict && { notes: verdict.notes }),
    ...(failure && { failure }),
  };
}

function failureOf(row: MachineRow): MachineDocument['failure'] {
  const { verdict } = row;
  const unknown = { step: row.step?.name ?? null, status: null, error: null };
  if (verdict === undefined) return { ...unknown, excerpt: [], reason: NO_VERDICT };
  switch (verdict.outcome) {
    case 'succeeded':
      return undefined;
    case 'failed': {
      const { step, status, command, commandStatus, location, signal, excerpt, reason, hint } =
        verdict.failure;
      const error = verdict.failure.error ?? null;
      return defined({
        ...{ step, status, command, command_status: commandStatus, location },
        ...{ error, signal, excerpt, reason, hint },
      });
    }
    case 'silent':
    case 'lost':
      return { ...unknown, excerpt: verdict.excerpt, reason: verdict.reason };
  }
}
