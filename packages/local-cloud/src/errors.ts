/**
 * Why the cloud, or a call of it, failed:
 * `usage` wrong input, or a host that can't do what was asked; `conflict` another cloud is up; `failed` a command inside a
 * machine was cut off; `silent` the cloud exists but doesn't answer; `gone` the cloud of a file has ended; `refused` it
 * answered with an error of its own; `internal` a program behaved as it never should.
 */
export type CloudErrorKind = 'usage' | 'conflict' | 'failed' | 'silent' | 'gone' | 'refused' | 'internal';

/** Every failure that the local cloud expects: a message for people, and the next step. */
export class CloudError extends Error {
  readonly kind: CloudErrorKind;
  /** A sentence, or a command to type. */
  readonly hint: string | undefined;

  constructor(
    kind: CloudErrorKind,
    message: string,
    { hint, cause }: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.kind = kind;
    this.hint = hint;
  }
}
