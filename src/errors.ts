/** Error classes and the exit-code table: the one place where failures get their numbers. */

/** The exit codes; help and docs are generated from this table. */
export const EXIT_CODES = [
  { code: 0, name: 'ok', meaning: 'all machines succeeded' },
  { code: 1, name: 'internal', meaning: 'internal error: a defect in rolecall' },
  { code: 2, name: 'usage', meaning: 'wrong usage, or a fault in the catalogue' },
  { code: 3, name: 'failed', meaning: 'a machine failed or was lost' },
  {
    code: 4,
    name: 'aws',
    meaning: 'AWS refused, or fewer machines than asked were launched (capacity, quota, permission)',
  },
  { code: 5, name: 'silent', meaning: 'a machine was silent: no verdict in time' },
  {
    code: 6,
    name: 'conflict',
    meaning: 'conflict: a lock, a moved pointer, a catalogue changed since the launch began',
  },
  { code: 130, name: 'interrupted', meaning: 'interrupted (Ctrl-C)' },
] as const;

export type ExitName = (typeof EXIT_CODES)[number]['name'];
export type ExitCode = (typeof EXIT_CODES)[number]['code'];

/** The number of a named exit code. */
export function exitCode(name: ExitName): ExitCode {
  const row = EXIT_CODES.find((entry) => entry.name === name);
  if (row === undefined) throw new Error(`no exit code is named ${name}`);
  return row.code;
}

interface ErrorDetails {
  /** What the user should do next: a sentence, or a command to type. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** More fields of the error's JSON document (docs/output.md), snake_case. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Every failure that rolecall expects: a message for people, a next step, an exit code. */
export class RolecallError extends Error {
  readonly exit: ExitName;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(exit: ExitName, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.exit = exit;
    this.hint = details.hint;
    this.data = details.data ?? {};
  }
}

/** Wrong arguments, or input that can't be used. Exit 2. */
export class UsageError extends RolecallError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('usage', message, details);
  }
}

/**
 * What kind of trouble an AWS error is (aws/classify.ts sorts them).
 * Only capacity, quota, permission, credentials, invalid and refused say for certain that this try did nothing: an AWS
 * error document said so. After endpoint, server and interrupted AWS may have acted, and only its answer was lost, unless
 * `neverSent` holds.
 */
export type AwsErrorKind =
  | 'capacity'
  | 'quota'
  | 'throttle'
  | 'permission'
  | 'credentials'
  | 'endpoint'
  | 'server'
  | 'not-found'
  | 'invalid'
  | 'idempotency'
  | 'refused'
  | 'interrupted';

interface AwsErrorDetails extends ErrorDetails {
  readonly code?: string | undefined;
  readonly kind?: AwsErrorKind;
  readonly afterLostAnswer?: boolean;
  readonly neverSent?: boolean;
}

/** AWS refused, or can't be reached. Exit 4, or 130 for kind `interrupted`. `code` is the AWS error code, where one came. */
export class AwsError extends RolecallError {
  readonly code: string | undefined;
  readonly kind: AwsErrorKind;
  /** An earlier try of the same request got no answer: AWS may have carried out that one, whatever it said of this one. */
  readonly afterLostAnswer: boolean;
  /** This try ended before a byte of the request was sent. */
  readonly neverSent: boolean;

  constructor(message: string, details: AwsErrorDetails = {}) {
    super(details.kind === 'interrupted' ? 'interrupted' : 'aws', message, details);
    this.code = details.code;
    this.kind = details.kind ?? 'refused';
    this.afterLostAnswer = details.afterLostAnswer ?? false;
    this.neverSent = details.neverSent ?? false;
  }
}

/** Somebody else holds or has changed what this command was about to change. Exit 6. */
export class ConflictError extends RolecallError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('conflict', message, details);
  }
}

/** The operator pressed Ctrl-C. Exit 130. */
export class InterruptedError extends RolecallError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('interrupted', message, details);
  }
}
