import { isInstanceId, type Machine } from '../../src/model.ts';
import { clustersOf } from '../../src/results/clusters.ts';
import type { MachineRow } from '../../src/results/row.ts';
import { Rows } from '../../src/results/rows.ts';
import type { LaunchView } from '../../src/results/state.ts';
import type { Failure } from '../../src/watch/verdict.ts';
import type { Came, Told } from './judge.ts';
import type { Truth } from './truth.ts';

export interface Clustering {
  /** Entries that have the cause of an earlier one, and how many of them are in its cluster. */
  readonly repeated: number;
  readonly together: readonly string[];
  readonly apart: readonly string[];
  /** Pairs of entries in one cluster that have different causes. */
  readonly merged: readonly string[];
}

/**
 * Puts all failures into one launch's report, as though every init script and every module had the same name, and looks
 * which of them it counts as one.
 */
export function clustering(all: readonly Came[]): Clustering {
  let machines = Rows.none();
  const truths = new Map<string, Truth>();
  for (const { truth, failure } of all) {
    if (failure === undefined) continue;
    const row = rowOf(truth, failure, truths.size);
    machines = machines.with(row);
    truths.set(row.machine.instanceId, truth);
  }
  const requested = machines.size;
  const view: LaunchView = { machines, requested, resumed: false, refused: [], asking: 0, notices: [] };
  const clusterOf = new Map<string, number>();
  const merged: string[] = [];
  for (const [index, cluster] of clustersOf(view).entries()) {
    const members = cluster.rows.flatMap(({ machine }) => truths.get(machine.instanceId) ?? []);
    for (const [at, one] of members.entries()) {
      clusterOf.set(one.name, index);
      for (const other of members.slice(at + 1))
        if (areDifferent(one, other)) merged.push(`${one.name} and ${other.name}`);
    }
  }
  const repeated = all.map(({ truth }) => truth).filter(({ name, root }) => name !== root);
  const isTogether = ({ name, root }: Truth) =>
    clusterOf.has(root) && clusterOf.get(name) === clusterOf.get(root);
  const named = (truth: Truth) => `${truth.name} and ${truth.root}`;
  return {
    repeated: repeated.length,
    together: repeated.filter(isTogether).map(named),
    apart: repeated.filter((truth) => !isTogether(truth)).map(named),
    merged,
  };
}

/** Two scripts may end with the same line of the same tool: then one cluster is right. */
const areDifferent = (one: Truth, other: Truth): boolean =>
  one.root !== other.root && (one.cause === null || one.cause !== other.cause);

/** The names of scripts that the failure holds, but for its commands, are all made one name. */
function rowOf(truth: Truth, told: Told, index: number): MachineRow {
  const text = JSON.stringify(told)
    .replaceAll(`${truth.name}/prod/bootstrapper.sh`, 'b/prod/bootstrapper.sh')
    .replaceAll(`${truth.name}/start-up.sh`, 'app/start-up.sh')
    .replaceAll(`module.${truth.name}`, 'module.app');
  const { step, status, error, command_status: commandStatus, ...more }: Told = JSON.parse(text);
  const failure: Failure = {
    ...more,
    ...{ step: step ?? 'bootstrapper', status: status ?? 1 },
    ...(error !== null && { error }),
    ...(commandStatus !== undefined && { commandStatus }),
  };
  const verdict = { outcome: 'failed', bootMs: 1000, steps: [], failure } as const;
  return { machine: machineOf(index), seenAt: 0, steps: [], verdict };
}

function machineOf(index: number): Machine {
  const instanceId = `i-${index.toString(16).padStart(17, '0')}`;
  if (!isInstanceId(instanceId)) throw new Error(`${instanceId} is no instance id`);
  const place = { state: 'running', zone: 'eu-central-1a', instanceType: 't3.micro' } as const;
  return { instanceId, ...place, launchIndex: index, launchedAt: 0, tags: {} };
}
