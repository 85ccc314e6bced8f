import type { LaunchId } from '../model.ts';
import type { LaunchRecords } from './records.ts';

/**
 * When a batch was sent again. How old its machines are decides whether EC2 must show them all by now, and a batch may
 * have been sent long after it was recorded. `batches/<n>.resend-<ms>-<payload>.json` is written before each repeat;
 * `.void` beside it once EC2's answer says that this try did nothing.
 */
const resendKey = (launch: LaunchId, batch: number, mark: string): string =>
  `launches/${launch}/batches/${batch}.resend-${mark}.json`;
const voidKey = (launch: LaunchId, batch: number, mark: string): string =>
  `launches/${launch}/batches/${batch}.resend-${mark}.void.json`;

/** @param mark epoch milliseconds, a dash, and what tells this run from others */
export const createResend = (
  records: LaunchRecords,
  launch: LaunchId,
  batch: number,
  mark: string,
): Promise<boolean> => records.create(resendKey(launch, batch, mark), toText(batch));

/** Takes a repeat back: EC2 did nothing for it. */
export const voidResend = (
  records: LaunchRecords,
  launch: LaunchId,
  batch: number,
  mark: string,
): Promise<boolean> => records.create(voidKey(launch, batch, mark), toText(batch));

/** The repeats of a batch that may have launched it, epoch milliseconds each, from the keys of a launch's records. */
export function resentAt(keys: readonly string[], batch: number): number[] {
  const voided = new Set(keys.flatMap((key) => /\.resend-([^.]+)\.void\.json$/.exec(key)?.[1] ?? []));
  const pattern = new RegExp(`/batches/${batch}\\.resend-((\\d+)-[^.]+)\\.json$`);
  return keys.flatMap((key) => {
    const [, mark = '', at] = pattern.exec(key) ?? [];
    return at === undefined || voided.has(mark) ? [] : [Number(at)];
  });
}

const toText = (batch: number): string => `${JSON.stringify({ version: 1, batch })}\n`;
