import type { Ended } from '../place.ts';

/** The exit codes of docs/output.md, but for 1: no circumstance is a defect of rolecall's. */
const CODES = new Set([0, 2, 3, 4, 5, 6, 7, 130]);

/** A document that a command printed, as far as the judges read it. */
export interface Document {
  readonly machines?: readonly { readonly instance_id: string; readonly verdict: string }[];
  readonly fleet?: { readonly ended?: readonly { readonly instance_id: string; readonly how: string }[] };
  readonly ended?: readonly { readonly instance_id: string }[];
  readonly fleets?: readonly {
    readonly machines: readonly { readonly instance_id: string; readonly state: string }[];
  }[];
  readonly promoted?: unknown;
  readonly changed?: boolean;
  readonly error?: { readonly exit?: number };
  readonly exit_code?: number;
}

/** What a command printed on stdout; undefined where that is no document. */
export function documentOf({ stdout }: Ended): Document | undefined {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

/** What no command may do, whatever it is about. */
export function manners(ended: Ended): string[] {
  const { code, stdout, stderr, hung } = ended;
  const wrong: string[] = [];
  if (hung) return ['it hung, and was killed'];
  if (code === null || !CODES.has(code)) wrong.push(`exit ${code}`);
  // AWS speaks of an internal error of its own.
  if (/error: internal error|this is a defect in rolecall/.test(stderr + stdout))
    wrong.push('it speaks of an internal error');
  if (/^\s+at .*:\d+:\d+\)?$/m.test(stderr)) wrong.push('it shows a stack trace');
  const document = documentOf(ended);
  if (document === undefined) wrong.push('stdout is no document');
  const told = document?.exit_code ?? document?.error?.exit;
  if (told !== undefined && told !== code) wrong.push(`exit ${code}, but the document says ${told}`);
  return wrong;
}

/** Whether a run says that something may have happened which it doesn't know, and how to find out. */
export const leavesOpen = ({ stderr, stdout }: Ended): boolean => /--launch-id/.test(stderr + stdout);
