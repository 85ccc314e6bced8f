import type { Instance } from '@aws-sdk/client-ec2';
import { machinesOf } from '../cloud.ts';
import type { Ended, Place } from '../place.ts';
import { type Document, documentOf, leavesOpen, manners } from './claims.ts';

/** The machines of a case, as the cloud itself tells. */
export interface Truth {
  /** Pending, running, stopping or stopped. */
  readonly there: readonly Instance[];
  /** Shutting down or terminated. */
  readonly gone: readonly Instance[];
}

export const FLEET = ['--role', 'web', '--env', 'prod', '--context', 'b'] as const;
export const JSON_OUTPUT = ['--output', 'json'] as const;

/** The machines of the case's fleet; those of its other contexts are nobody's business but `untouched`'s. */
export async function truthOf({ cloud, name }: Place, context = 'b'): Promise<Truth> {
  const all = (await machinesOf(cloud, name)).filter(
    (machine) => tagOf(machine, 'rolecall:context') === context,
  );
  const isGone = ({ State }: Instance) => ['shutting-down', 'terminated'].includes(State?.Name ?? '');
  return { there: all.filter((machine) => !isGone(machine)), gone: all.filter(isGone) };
}

export const tagOf = ({ Tags = [] }: Instance, name: string): string | undefined =>
  Tags.find(({ Key }) => Key === name)?.Value;

export const idOf = ({ InstanceId }: Instance): string => InstanceId ?? '';
const ids = (machines: readonly Instance[]): Set<string> => new Set(machines.map(idOf));

/** What is wrong with a run's word on machines, where every boot ends well. */
export function judgeReport(ended: Ended, truth: Truth): string[] {
  const wrong = manners(ended);
  if (ended.hung) return wrong;
  const document = documentOf(ended);
  const living = ids(truth.there);
  const told = endedIds(document).filter((id) => living.has(id));
  return [
    ...wrong,
    ...judgeVerdicts(document, living, ids(truth.gone)),
    ...told.map((id) => `${id} runs, and is told to be ended`),
    ...(ended.code === 3 ? ['exit 3, but no machine failed'] : []),
  ];
}

function judgeVerdicts(
  document: Document | undefined,
  living: ReadonlySet<string>,
  gone: ReadonlySet<string>,
): string[] {
  return (document?.machines ?? []).flatMap(({ instance_id: id, verdict }) => {
    if (living.has(id))
      return verdict === 'failed' || verdict === 'lost' ? [`${id} runs, and is told to be ${verdict}`] : [];
    return gone.has(id) ? [] : [`there is no ${id}`];
  });
}

function endedIds(document: Document | undefined): string[] {
  const byFleet = (document?.fleet?.ended ?? []).filter(({ how }) => how === 'terminate');
  return [...byFleet, ...(document?.ended ?? [])].map(({ instance_id: id }) => id);
}

/** Whether a run names a machine, in its document or beside it. */
export const tells = ({ stdout, stderr }: Ended, machine: Instance): boolean =>
  (stdout + stderr).includes(idOf(machine));

/** What is wrong where a run was to launch up to `size` machines and to end none. */
export function judgeLaunched(ended: Ended, truth: Truth, size: number): string[] {
  const wrong = judgeReport(ended, truth);
  const { there, gone } = truth;
  if (there.length > size) wrong.push(`${there.length} machines are there, ${size} were asked for`);
  if (gone.length > 0) wrong.push(`${gone.length} machines were ended`);
  if (ended.code === 0 && there.length < size) wrong.push(`exit 0, but ${there.length} of ${size} are there`);
  const orphans = there.filter((machine) => !tells(ended, machine));
  if (!ended.hung && orphans.length > 0 && !leavesOpen(ended))
    wrong.push(`${orphans.length} machines run that nobody was told of`);
  return wrong;
}

/** What is wrong with the verdict tags of a run that ended well: each is set, or told to be unset. */
export const judgeTags = ({ code, stderr }: Ended, { there }: Truth): string[] => {
  const unset = there.filter((machine) => tagOf(machine, 'rolecall:verdict') !== 'succeeded');
  return code === 0 && unset.length > 0 && !/\btag/.test(stderr)
    ? [`${unset.length} machines have no verdict tag, and nobody was told`]
    : [];
};

/** What is wrong at the end of it all: exactly `size` machines, all told, exit 0. */
export function judgeFinal(ended: Ended, { there }: Truth, size: number): string[] {
  const wrong = manners(ended);
  if (ended.code !== 0) wrong.push(`exit ${ended.code}`);
  if (there.length !== size) wrong.push(`${there.length} machines, not ${size}`);
  return wrong.map((text) => `run again: ${text}`);
}

/** The machines that count for a fleet's size: those that were silent in a run that could not read them are kept beside it. */
export const withoutKept = ({ there, gone }: Truth): Truth => ({
  there: there.filter((machine) => tagOf(machine, 'rolecall:verdict') !== 'silent'),
  gone,
});
