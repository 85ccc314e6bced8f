import type { InstanceId, LaunchId } from '../model.ts';
import { clientToken } from './identity.ts';
import {
  COUNT,
  DATE,
  damaged,
  FLAG,
  fieldsOf,
  INSTANCE,
  is,
  listOf,
  oneOf,
  optional,
  orNull,
  readRecord,
  TEXT,
  textsOf,
} from './record-shape.ts';
import type { LaunchRecords } from './records.ts';

/** `launches/<launch>/launch.json`: what the launch is to be. Written first, never changed. */
export interface LaunchRecord {
  readonly version: 1;
  readonly launch: string;
  readonly catalogue: string;
  readonly catalogue_sha256: string;
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly region: string;
  readonly ami: string;
  /** Hex SHA-256 of all that the catalogue and the command line say about the machines. */
  readonly settings_sha256: string;
  /** The same as people read it, by names of the catalogue, without secrets: for telling what changed. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly requested: number;
  /** How long a boot should take at most, milliseconds; absent where the catalogue set no budget. */
  readonly boot_budget_ms?: number | undefined;
  /** A machine over the budget has failed. */
  readonly strict_budget?: boolean | undefined;
  /** What its machines deploy; absent where the role has no app. */
  readonly build?: RecordedBuild | undefined;
  /** What its machines start from; absent where the role has no modules. */
  readonly bundle?: RecordedBundle | undefined;
  /** ISO 8601. */
  readonly created: string;
}

/** A bundle as a launch's record keeps it: each run of a launch seals the same tar anew. Hex SHA-256. */
interface RecordedBundle {
  /** Of the sealed file of the first run. */
  readonly sha256: string;
  /** Of the tar inside. */
  readonly tar_sha256: string;
}

/** A build as a launch's record keeps it. */
export interface RecordedBuild {
  readonly app: string;
  readonly tag: string;
  readonly sha256: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly created: string;
}

/** `launches/<launch>/batches/<n>.json`: a RunInstances call that is about to be sent. */
export interface BatchRecord {
  readonly version: 1;
  readonly batch: number;
  readonly count: number;
  readonly client_token: string;
  /** What was asked for: a repeated token asks for the same. */
  readonly offering: {
    readonly instance_type: string;
    readonly zone: string | null;
    readonly subnet: string | null;
    readonly market: 'on-demand' | 'spot';
  };
  readonly payload_sha256: string;
  readonly created: string;
}

/** A machine as its batch's answer named it. */
export interface AnsweredMachine {
  readonly instance_id: InstanceId;
  readonly zone: string;
  readonly instance_type: string;
  readonly launch_index: number;
  /** Epoch milliseconds. */
  readonly launched_at: number;
}

/**
 * `launches/<launch>/batches/<n>.answer.json`: what became of it. launched: these machines; spent: its machines are
 * gone, and the token with them; refused: no capacity or quota, so there are none.
 */
export interface AnswerRecord {
  readonly version: 1;
  readonly batch: number;
  readonly result: 'launched' | 'spent' | 'refused';
  readonly code: string | null;
  readonly machines: readonly AnsweredMachine[];
  readonly created: string;
}

/** A batch as the records know it; without an answer it may or may not have been sent. */
export interface Batch {
  readonly record: BatchRecord;
  /** When it was sent last, as far as it may have been: epoch milliseconds. */
  readonly sentAt: number;
  readonly answer?: AnswerRecord;
}

const launchKey = (launch: LaunchId): string => `launches/${launch}/launch.json`;
const batchKey = (launch: LaunchId, batch: number): string => `launches/${launch}/batches/${batch}.json`;
const answerKey = (launch: LaunchId, batch: number): string =>
  `launches/${launch}/batches/${batch}.answer.json`;

/** The record of a launch; undefined where these records know none of that id. @throws ConflictError when damaged */
export async function readLaunch(
  records: LaunchRecords,
  launch: LaunchId,
): Promise<LaunchRecord | undefined> {
  return await readRecord<LaunchRecord>(records, launchKey(launch), {
    launch: is(launch),
    catalogue: TEXT,
    catalogue_sha256: TEXT,
    role: TEXT,
    environment: TEXT,
    context: TEXT,
    region: TEXT,
    ami: TEXT,
    settings_sha256: TEXT,
    settings: optional(textsOf('settings, a text each')),
    requested: COUNT,
    boot_budget_ms: optional(COUNT),
    strict_budget: optional(FLAG),
    build: optional(fieldsOf('a build', { app: TEXT, tag: TEXT, sha256: TEXT, commit: TEXT, created: DATE })),
    bundle: optional(fieldsOf('a bundle', { sha256: TEXT, tar_sha256: TEXT })),
    created: DATE,
  });
}

/** Creates a record of a launch. @returns false where it is there already: that one stays */
type Create<T> = (records: LaunchRecords, launch: LaunchId, record: T) => Promise<boolean>;

/** @returns false when there is a launch of this id already */
export const createLaunch: Create<LaunchRecord> = (records, launch, record) =>
  records.create(launchKey(launch), recordText(record));

/** @returns false when somebody else has this batch */
export const createBatch: Create<BatchRecord> = (records, launch, record) =>
  records.create(batchKey(launch, record.batch), recordText(record));

/** Where the answer is known already (another run of the same launch settled the batch), that one stays. */
export const createAnswer: Create<AnswerRecord> = (records, launch, record) =>
  records.create(answerKey(launch, record.batch), recordText(record));

/** Every batch of a launch, in order. @throws ConflictError when a record is damaged */
export async function readBatches(records: LaunchRecords, launch: LaunchId): Promise<Batch[]> {
  const keys = await records.list(`launches/${launch}/batches/`);
  const numbers = keys.flatMap((key) => /\/batches\/([1-9][0-9]*)\.json$/.exec(key)?.[1] ?? []).map(Number);
  return await Promise.all(
    numbers.sort((a, b) => a - b).map((number) => readBatch(records, launch, number, resentAt(keys, number))),
  );
}

async function readBatch(
  records: LaunchRecords,
  launch: LaunchId,
  number: number,
  resends: readonly number[],
): Promise<Batch> {
  const record = await readRecord<BatchRecord>(records, batchKey(launch, number), {
    batch: is(number),
    count: COUNT,
    // That of another launch would settle another launch's batch.
    client_token: is(clientToken(launch, number)),
    offering: fieldsOf('an offering', {
      instance_type: TEXT,
      zone: orNull(TEXT),
      subnet: orNull(TEXT),
      market: oneOf('on-demand', 'spot'),
    }),
    payload_sha256: TEXT,
    created: DATE,
  });
  if (record === undefined) throw damaged(records.locate(batchKey(launch, number)), 'it vanished');
  const answer = await readRecord<AnswerRecord>(records, answerKey(launch, number), {
    batch: is(number),
    result: oneOf('launched', 'spent', 'refused'),
    code: orNull(TEXT),
    machines: listOf(
      fieldsOf('a machine', {
        instance_id: INSTANCE,
        zone: TEXT,
        instance_type: TEXT,
        launch_index: COUNT,
        launched_at: COUNT,
      }),
    ),
    created: DATE,
  });
  const sentAt = Math.max(Date.parse(record.created), ...resends);
  return { record, sentAt, ...(answer && { answer }) };
}

/** Snake case, indented, final newline: people read these files. */
const recordText = (record: object): string => `${JSON.stringify(record, undefined, 2)}\n`;

/**
 * When a batch was sent again. How old its machines are decides whether EC2 must show them all by now, and a batch may
 * have been sent long after it was recorded. `batches/<n>.resend-<ms>-<payload>.json` is written before each repeat;
 * `.void` beside it once EC2's answer says that this try did nothing.
 */
const resendKey = (launch: LaunchId, batch: number, mark: string): string =>
  `launches/${launch}/batches/${batch}.resend-${mark}.json`;
const voidKey = (launch: LaunchId, batch: number, mark: string): string =>
  `launches/${launch}/batches/${batch}.resend-${mark}.void.json`;

type Mark = (records: LaunchRecords, launch: LaunchId, batch: number, mark: string) => Promise<boolean>;

/** @param mark epoch milliseconds, a dash, and what tells this run from others */
export const createResend: Mark = (records, launch, batch, mark) =>
  records.create(resendKey(launch, batch, mark), toText(batch));

/** Takes a repeat back: EC2 did nothing for it. */
export const voidResend: Mark = (records, launch, batch, mark) =>
  records.create(voidKey(launch, batch, mark), toText(batch));

/** The repeats of a batch that may have launched it, epoch milliseconds each, from the keys of a launch's records. */
function resentAt(keys: readonly string[], batch: number): number[] {
  const voided = new Set(keys.flatMap((key) => /\.resend-([^.]+)\.void\.json$/.exec(key)?.[1] ?? []));
  const pattern = new RegExp(`/batches/${batch}\\.resend-((\\d+)-[^.]+)\\.json$`);
  return keys.flatMap((key) => {
    const [, mark = '', at] = pattern.exec(key) ?? [];
    return at === undefined || voided.has(mark) ? [] : [Number(at)];
  });
}

const toText = (batch: number): string => `${JSON.stringify({ version: 1, batch })}\n`;
