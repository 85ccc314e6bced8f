/** What the fields of a record must be: a record is believed whole, or not at all. */
import { ConflictError } from '../errors.ts';
import { isInstanceId, isLaunchId } from '../model.ts';
import { isObject, parsedObject } from '../objects.ts';
import type { LaunchRecords } from './records.ts';

/** A kind of value, and how it is called. */
export interface Kind {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}

export type Fields = Readonly<Record<string, Kind>>;

const isText = (value: unknown): value is string => typeof value === 'string';

export const TEXT: Kind = { what: 'a text', holds: isText };
export const COUNT: Kind = {
  what: 'a whole number',
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
export const DATE: Kind = {
  what: 'a date',
  holds: (value) => isText(value) && !Number.isNaN(Date.parse(value)),
};
/** An object of any fields. */
export const OBJECT: Kind = { what: 'an object', holds: (value) => isObject(value) };
export const FLAG: Kind = { what: 'true or false', holds: (value) => typeof value === 'boolean' };
export const LAUNCH: Kind = { what: 'a launch id', holds: (value) => isText(value) && isLaunchId(value) };
export const INSTANCE: Kind = {
  what: 'an instance id',
  holds: (value) => isText(value) && isInstanceId(value),
};

export const is = (wanted: string | number): Kind => ({
  what: JSON.stringify(wanted),
  holds: (value) => value === wanted,
});

export const oneOf = (...wanted: readonly string[]): Kind => ({
  what: wanted.join(' or '),
  holds: (value) => isText(value) && wanted.includes(value),
});

export const listOf = ({ what, holds }: Kind): Kind => ({
  what: `a list, ${what} each`,
  holds: (value) => Array.isArray(value) && value.every(holds),
});

export const orNull = ({ what, holds }: Kind): Kind => ({
  what: `${what} or null`,
  holds: (value) => value === null || holds(value),
});

export const optional = ({ what, holds }: Kind): Kind => ({
  what,
  holds: (value) => value === undefined || holds(value),
});

export const either = (one: Kind, other: Kind): Kind => ({
  what: `${one.what} or ${other.what}`,
  holds: (value) => one.holds(value) || other.holds(value),
});

export const fieldsOf = (what: string, fields: Fields): Kind => ({
  what,
  holds: (value) => isObject(value) && lacks(value, fields) === undefined,
});

export const textsOf = (what: string): Kind => ({
  what,
  holds: (value) => isObject(value) && Object.values(value).every(isText),
});

/** @returns what was expected of the first field that is wrong; undefined where all are right */
export function lacks(value: Readonly<Record<string, unknown>>, fields: Fields): string | undefined {
  const wrong = Object.entries(fields).find(([name, { holds }]) => !holds(value[name]));
  return wrong && `expected \`${wrong[0]}\` to be ${wrong[1].what}`;
}

/** Reads a record and checks its fields; a damaged one is read again before the store is blamed. */
export async function readRecord<T>(
  records: LaunchRecords,
  key: string,
  fields: Fields,
): Promise<T | undefined> {
  const read = async () => {
    const text = await records.read(key);
    return text === undefined ? undefined : (checked(text, records.locate(key), fields) as T);
  };
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConflictError) return await read();
    throw error;
  }
}

/** @throws ConflictError */
function checked(text: string, where: string, fields: Fields): object {
  const value = parsedObject(text);
  if (value === undefined) throw damaged(where, 'expected a JSON object');
  if (value['version'] !== 1) {
    throw new ConflictError(
      `the record ${where} is of version ${JSON.stringify(value['version'])}; this rolecall reads 1`,
      { hint: 'use the newer rolecall that wrote it, or give the launch another --launch-id' },
    );
  }
  const why = lacks(value, fields);
  if (why !== undefined) throw damaged(where, why);
  return value;
}

export const damaged = (where: string, why: string): ConflictError =>
  new ConflictError(`the record ${where} is damaged: ${why}`, {
    hint: 'two readings gave the same; move that record elsewhere and run the same command again: EC2 knows the launch by its tokens, so nothing doubles',
  });
