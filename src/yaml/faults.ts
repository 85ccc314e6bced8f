import { UsageError } from '../errors.ts';
import { blackOut } from '../redact.ts';

/** One thing wrong in a document. Holds nothing secret: secrets in `sourceLine` are blacked out. */
export interface Fault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** How many characters the fault spans on its line, at least 1. */
  readonly length: number;
  /** In the document's terms: `roles.web.instance_type`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  /** The nearest valid name. */
  readonly suggestion?: string;
  readonly sourceLine: string;
}

const SHOWN_FAULTS = 100;
const SHOWN_WIDTH = 100;

/** A document that can't be used; the message holds every fault with its line and a caret. Exit 2. */
export class DocumentError extends UsageError {
  readonly faults: readonly Fault[];

  /** @param noun how messages call it: `the catalogue` */
  constructor(noun: string, faults: readonly Fault[], hint: string) {
    super(`${noun} has ${counted(faults.length, 'fault')}\n\n${formatFaults(faults)}`, {
      hint,
      data: { faults: faultDocuments(faults) },
    });
    this.faults = faults;
  }
}

/** The faults as people read them, a blank line between two; the first hundred of very many. */
export function formatFaults(faults: readonly Fault[]): string {
  const shown = faults.slice(0, SHOWN_FAULTS).map(formatFault);
  const rest = faults.length - shown.length;
  return [...shown, ...(rest > 0 ? [`... and ${counted(rest, 'more fault')}`] : [])].join('\n\n');
}

/** The faults as data: `error.faults` of the error's document (snake_case). */
export function faultDocuments(faults: readonly Fault[]): FaultDocument[] {
  return faults.map(({ file, line, column, path, message, expected, suggestion }) => ({
    file,
    line,
    column,
    path,
    message,
    expected: expected ?? null,
    suggestion: suggestion ?? null,
  }));
}

export interface FaultDocument {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly expected: string | null;
  readonly suggestion: string | null;
}

function formatFault(fault: Fault): string {
  const number = String(fault.line);
  const gutter = ' '.repeat(number.length);
  const { text, caretAt } = window(fault);
  // Tabs stay tabs, so that the caret stands under its spot whatever a tab's width is.
  const pad = text.slice(0, caretAt).replace(/[^\t]/g, ' ');
  const caret = '^'.repeat(Math.max(1, Math.min(fault.length, text.length - caretAt)));
  return [
    `${fault.file}:${fault.line}:${fault.column}: ${fault.message}`,
    ...(fault.sourceLine === '' ? [] : [`  ${number} | ${text}`, `  ${gutter} | ${pad}${caret}`]),
    ...(fault.expected === undefined ? [] : [`  expected ${fault.expected}`]),
    ...(fault.suggestion === undefined ? [] : [`  did you mean "${fault.suggestion}"?`]),
  ].join('\n');
}

/** The part of a long source line that holds the spot. */
function window({ sourceLine, column }: Fault): { text: string; caretAt: number } {
  const spot = Math.min(column - 1, sourceLine.length);
  if (sourceLine.length <= SHOWN_WIDTH) return { text: sourceLine, caretAt: spot };
  const from = Math.max(0, Math.min(spot - SHOWN_WIDTH / 2, sourceLine.length - SHOWN_WIDTH));
  const head = from > 0 ? '…' : '';
  const tail = from + SHOWN_WIDTH < sourceLine.length ? '…' : '';
  return {
    text: `${head}${sourceLine.slice(from, from + SHOWN_WIDTH)}${tail}`,
    caretAt: spot - from + head.length,
  };
}

/** The text's lines fit for a terminal: no secret, no carriage return, no control character; columns stay true. */
export const shownLines = (text: string): string[] =>
  blackOut(text)
    .split('\n')
    .map((line) => line.replace(/\r$/, '').replace(/[^\P{Cc}\t]|[\u2028\u2029]/gu, '\ufffd'));

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
