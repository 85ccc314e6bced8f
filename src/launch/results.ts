import { createHash } from 'node:crypto';
import type { LaunchId } from '../model.ts';
import {
  COUNT,
  DATE,
  fieldsOf,
  INSTANCE,
  is,
  type Kind,
  listOf,
  OBJECT,
  optional,
  readRecord,
  TEXT,
} from './record-shape.ts';
import type { LaunchRecords } from './records.ts';

/** The JSON document of a launch, of which the records know little. */
interface WithMachines {
  readonly machines: readonly object[];
  readonly summary: { readonly succeeded: number; readonly failed: number };
}

/**
 * `launches/<launch>/results/<n>.json`: what became of a launch, as a command that followed its machines saw it in the end.
 * Numbered from 1, never changed; no secret. `D` is the launch's JSON document, `T` a machine's times. Of many machines both
 * are in parts of their own, `results/parts/<hash of the content>.json`.
 */
export interface ResultRecord<D extends WithMachines = WithMachines, T = object> {
  readonly version: 1;
  readonly result: number;
  /** The command: `launch`, `watch`, `scale`, `replace`. */
  readonly verb: string;
  /** ISO 8601. */
  readonly created: string;
  /** Machines that had no verdict yet. */
  readonly undecided: readonly string[];
  readonly document: D;
  /** One a machine of the document, in the same order. */
  readonly timelines: readonly T[];
}

type Content = Omit<ResultRecord, 'version' | 'result'>;

/** Some machines of a result, with their times. */
interface Part {
  readonly version: 1;
  readonly machines: readonly object[];
  readonly timelines: readonly object[];
}

/** Records of more than 4 MiB can't be read. */
const PART_BYTES = 2 * 1024 * 1024;

/** Other commands that follow the same launch may take numbers at the same time. */
const ATTEMPTS = 20;

const keyOf = (launch: LaunchId, result: number): string => `launches/${launch}/results/${result}.json`;
const partKey = (launch: LaunchId, hash: string): string => `launches/${launch}/results/parts/${hash}.json`;

/**
 * Records what became of a launch. Where the newest record says the same, none is made.
 * @throws RolecallError where the records can't be read or written
 */
export async function createResult(
  records: LaunchRecords,
  launch: LaunchId,
  content: Content,
): Promise<void> {
  const last = (await numbersOf(records, launch)).at(-1) ?? 0;
  if (last > 0) {
    const newest = await readNumbered(records, launch, last);
    if (newest !== undefined && JSON.stringify(newest.document) === JSON.stringify(content.document)) return;
  }
  const { rest, parts } = inParts(content);
  for (const [hash, text] of parts) await records.create(partKey(launch, hash), text);
  for (let result = last + 1; result <= last + ATTEMPTS; result += 1)
    if (await records.create(keyOf(launch, result), jsonText({ version: 1, result, ...rest }))) return;
}

/** What fits into one record stays there; of more the machines go into parts, by the hash of their text. */
function inParts(content: Content): { readonly rest: object; readonly parts: ReadonlyMap<string, string> } {
  const { document, timelines } = content;
  if (Buffer.byteLength(JSON.stringify(content)) <= PART_BYTES) return { rest: content, parts: new Map() };
  const parts: { bytes: number; machines: object[]; timelines: object[] }[] = [];
  document.machines.forEach((machine, index) => {
    const timeline = timelines[index];
    const bytes = Buffer.byteLength(JSON.stringify([machine, timeline]));
    let part = parts.at(-1);
    if (part === undefined || part.bytes + bytes > PART_BYTES) {
      part = { bytes: 0, machines: [], timelines: [] };
      parts.push(part);
    }
    part.bytes += bytes;
    part.machines.push(machine);
    if (timeline !== undefined) part.timelines.push(timeline);
  });
  const texts = parts.map((part): [string, string] => {
    const text = jsonText({ version: 1, machines: part.machines, timelines: part.timelines });
    return [createHash('sha256').update(text).digest('hex').slice(0, 32), text];
  });
  const rest = { ...content, document: { ...document, machines: [] }, timelines: [] };
  return { rest: { ...rest, parts: texts.map(([hash]) => hash) }, parts: new Map(texts) };
}

/** Compact: a record of a thousand machines is large. */
const jsonText = (record: object): string => `${JSON.stringify(record)}\n`;

/** Upper limit of the records that are read, newest first: many commands may have followed the launch. */
const READ = 20;

/**
 * Reads what became of a launch. Of several records the one counts that knows the most machines to have succeeded or failed,
 * and of equals the newest: whoever watches machines that are gone learns less than the launch itself did.
 * @returns undefined where there is no record
 * @throws ConflictError where a record is damaged
 */
export async function readResult(
  records: LaunchRecords,
  launch: LaunchId,
): Promise<ResultRecord | undefined> {
  const numbers = (await numbersOf(records, launch)).reverse().slice(0, READ);
  const all = await Promise.all(numbers.map((number) => readNumbered(records, launch, number)));
  return all
    .filter((record) => record !== undefined)
    .reduce<ResultRecord | undefined>(
      (best, each) => (decidedIn(each) > decidedIn(best) ? each : best),
      undefined,
    );
}

/** Less than any record, where there is none. */
const decidedIn = (record: ResultRecord | undefined): number =>
  record === undefined ? -1 : record.document.summary.succeeded + record.document.summary.failed;

async function numbersOf(records: LaunchRecords, launch: LaunchId): Promise<number[]> {
  const keys = await records.list(`launches/${launch}/results/`);
  return keys
    .flatMap((key) => /\/results\/([1-9]\d{0,8})\.json$/.exec(key)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

const MACHINES = listOf(
  fieldsOf('a machine', { instance_id: INSTANCE, verdict: TEXT, steps: listOf(OBJECT) }),
);
const TIMELINES = listOf(fieldsOf('times of a machine', { instance_id: INSTANCE, steps: listOf(OBJECT) }));

const HASH: Kind = {
  what: 'a hash',
  holds: (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value),
};

/** @returns undefined where there is no such record, or where a part of it is gone */
async function readNumbered(
  records: LaunchRecords,
  launch: LaunchId,
  number: number,
): Promise<ResultRecord | undefined> {
  const record = await readRecord<ResultRecord & { readonly parts?: readonly string[] }>(
    records,
    keyOf(launch, number),
    {
      result: is(number),
      verb: TEXT,
      created: DATE,
      undecided: listOf(INSTANCE),
      document: fieldsOf('the document of a launch', {
        launch: fieldsOf('a launch', { id: is(launch), role: TEXT, environment: TEXT, context: TEXT }),
        machines: MACHINES,
        clusters: listOf(OBJECT),
        summary: fieldsOf('counts', {
          requested: COUNT,
          succeeded: COUNT,
          failed: COUNT,
          silent: COUNT,
          lost: COUNT,
        }),
        exit_code: COUNT,
      }),
      timelines: TIMELINES,
      parts: optional(listOf(HASH)),
    },
  );
  if (record?.parts === undefined) return record;
  const { parts: hashes, ...rest } = record;
  const parts = await Promise.all(
    hashes.map((hash) =>
      readRecord<Part>(records, partKey(launch, hash), { machines: MACHINES, timelines: TIMELINES }),
    ),
  );
  const all = parts.filter((part) => part !== undefined);
  if (all.length < hashes.length) return undefined;
  return {
    ...rest,
    document: { ...rest.document, machines: all.flatMap(({ machines }) => machines) },
    timelines: all.flatMap(({ timelines }) => timelines),
  };
}
