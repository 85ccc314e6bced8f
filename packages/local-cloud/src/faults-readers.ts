/** A fault in the file itself: where, and what was expected. */
export type Report = (path: readonly (string | number)[], message: string) => void;
/** Judges one value; gives back what it became, or reports and gives undefined. */
export type Reader = (value: unknown, path: readonly (string | number)[], report: Report) => unknown;

/** A whole number of at least `min`. */
export const whole =
  (min: number): Reader =>
  (value, path, report) => {
    if (Number.isInteger(value) && (value as number) >= min) return value;
    report(path, min < 0 ? 'expected a whole number' : `expected a whole number of at least ${min}`);
    return undefined;
  };

/** A number from 0 to 1. */
export const share: Reader = (value, path, report) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  report(path, 'expected a number from 0 to 1');
  return undefined;
};

/** One of several words. */
export const oneOf =
  (...words: readonly string[]): Reader =>
  (value, path, report) => {
    if (typeof value === 'string' && words.includes(value)) return value;
    report(path, `expected ${words.join(', ')}`);
    return undefined;
  };

/** A step's name as markers have it. */
export const step: Reader = (value, path, report) => {
  if (typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,48}$/.test(value)) return value;
  report(path, 'expected the name of a step: 1 to 48 letters, digits and . _ : -');
  return undefined;
};

/** A text that is not empty. */
export const word: Reader = (value, path, report) => {
  if (typeof value === 'string' && value !== '') return value;
  report(path, 'expected a text');
  return undefined;
};

/** True or false. */
export const truth: Reader = (value, path, report) => {
  if (typeof value === 'boolean') return value;
  report(path, 'expected true or false');
  return undefined;
};

/** The name of an operation. */
export const operationOf =
  (known: readonly string[]): Reader =>
  (value, path, report) => {
    if (typeof value === 'string' && known.includes(value)) return value;
    report(path, `expected an operation of the local cloud: ${known.join(', ')}`);
    return undefined;
  };

/** A list of such values. */
export const listOf =
  (member: Reader): Reader =>
  (value, path, report) => {
    if (Array.isArray(value)) return value.map((each, index) => member(each, [...path, index], report));
    report(path, 'expected a list');
    return undefined;
  };

/** Whether a value is a map. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map of operation to number. */
export const perOperation =
  (operations: Reader, example: string): Reader =>
  (value, path, report) => {
    if (!isRecord(value)) {
      report(path, `expected a map of operation to number, as ${example}: 2`);
      return undefined;
    }
    for (const [name, count] of Object.entries(value)) {
      operations(name, [...path, name], report);
      whole(0)(count, [...path, name], report);
    }
    return value;
  };

export type Fields = Readonly<Record<string, readonly [name: string, reader: Reader]>>;

/** Reads a map whose keys are snake_case in the file and camelCase in the type. */
export const mapOf =
  (fields: Fields, needed: readonly string[] = []): Reader =>
  (value, path, report) => {
    if (!isRecord(value)) {
      report(path, `expected a map with ${Object.keys(fields).join(', ')}`);
      return undefined;
    }
    for (const name of needed) if (!(name in value)) report(path, `expected ${name}`);
    const read = Object.entries(value).map(([key, each]) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field !== undefined) return [field[0], field[1](each, [...path, key], report)];
      report([...path, key], `unknown key "${key}"; expected ${Object.keys(fields).join(', ')}`);
      return [key, undefined];
    });
    return Object.fromEntries(read);
  };
