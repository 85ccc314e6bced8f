import { truncate } from '../text.ts';
import type { Failure } from '../watch/verdict.ts';

/** Longer commands are cut here; the document has them whole. */
const WIDEST = 300;

/**
 * Which command failed and where: `line 12 of b/prod/bootstrapper.sh: mkfs.ext4 /dev/nvme1n1 (status 1)`. Empty where nobody
 * knows.
 */
export function failedCommand(failure: Omit<Failure, 'excerpt'>): string {
  const { location, command, commandStatus, status, signal } = failure;
  const place = location === undefined ? '' : `line ${location.line} of ${location.file}`;
  const inside = location?.function === undefined ? '' : `, in ${location.function}`;
  const where = `${place}${inside}`;
  if (command === undefined) return where;
  const how = [`status ${commandStatus ?? status}`, ...(signal === undefined ? [] : [signal])].join(', ');
  return `${where}${where === '' ? '' : ': '}${truncate(command, WIDEST)} (${how})`;
}

/** A step's name for people: `module.rabbitmq` is `module rabbitmq`. */
export const stepWords = (step: string): string => step.replace(/^module\./, 'module ');
