/** What the fields of a record must be: a record is believed whole, or not at all. */
import { isInstanceId, isLaunchId } from '../model.ts';

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

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns what was expected of the first field that is wrong; undefined where all are right */
export function lacks(value: Readonly<Record<string, unknown>>, fields: Fields): string | undefined {
  const wrong = Object.entries(fields).find(([name, { holds }]) => !holds(value[name]));
  return wrong && `expected \`${wrong[0]}\` to be ${wrong[1].what}`;
}

/** @returns undefined for text that is no JSON */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
