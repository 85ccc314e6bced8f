import type { Failure } from './failure.ts';

/** What was being done, and where: the words of an error's sentence. */
export interface CallContext {
  readonly service: 'EC2' | 'S3';
  /** For S3. */
  readonly bucket?: string | undefined;
  /** AWS's name of the operation, `RunInstances`. */
  readonly operation: string;
  /** The operation changes something. */
  readonly writes: boolean;
  readonly region: string;
  /** Where the request went, as people know it: a URL, or `ec2.REGION.amazonaws.com`. */
  readonly address: string;
  readonly profile?: string | undefined;
  /** The local cloud's endpoint rather than AWS. */
  readonly local: boolean;
}

export interface Sentence {
  readonly message: string;
  readonly hint: string;
}

/** `(InsufficientInstanceCapacity): We currently do not have ...`, or what there is of it. */
export function saidBy(failure: Failure): string {
  const status = failure.status === undefined ? 'no code' : `HTTP ${failure.status}`;
  const text = failure.text === '' || failure.text === 'Unknown' ? '' : `: ${failure.text}`;
  return `(${failure.code ?? status})${text}`;
}
