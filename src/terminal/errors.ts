import { exitCodeOfError, expectedError } from '../errno.ts';
import { AwsError, type ExitCode, RolecallError } from '../errors.ts';
import { printable, wrap } from '../text.ts';
import { painter } from './paint.ts';

export interface ErrorStyle {
  /** Add the stack, for the people who mend rolecall. */
  readonly debug: boolean;
  readonly colour: boolean;
  /** The width of the terminal that shows it; absent where it goes to a file or pipe, which get long lines. */
  readonly columns?: number | undefined;
}

/** An error for people, on stderr: what happened, then the next step. Ends with a newline. */
export function errorReport(error: unknown, style: ErrorStyle): string {
  const paint = painter(style.colour);
  const { message, hint } = describe(error);
  const head = error instanceof RolecallError && error.exit === 'interrupted' ? 'interrupted' : 'error';
  const fitted = (line: string, hang: number) =>
    style.columns === undefined || isExcerpt(line) || isCommand(line)
      ? [line]
      : wrap(line, style.columns, hang);
  const [first = '', ...rest] = lines(message);
  const shown = [
    ...fitted(`${paint.bad(`${head}:`)} ${first}`, 2),
    ...rest.flatMap((line) => fitted(line, 4)),
  ];
  // A hint below paragraphs is about them all.
  if (hint !== undefined && rest.includes('')) shown.push('');
  lines(hint ?? '').forEach((line, index) => {
    if (line !== '') shown.push(...fitted(`  ${index === 0 ? '→' : ' '} ${line}`, 4));
  });
  if (style.debug) shown.push(...stackOf(error).map((line) => paint.faint(line)));
  return `${shown.join('\n')}\n`;
}

/** A line of a file, or the caret below it: broken in two, the caret would point nowhere. */
const isExcerpt = (line: string): boolean => /^ *\d* \| /.test(line);

/** What people copy and paste stays in one piece. */
const isCommand = (line: string): boolean => /^ *→? *(rolecall|launch) /.test(line);

/** What `--output json` prints in place of its document. */
export interface ErrorDocument {
  readonly error: {
    /** The process's exit code. */
    readonly exit: ExitCode;
    /** AWS's error code, where one came. */
    readonly code: string | null;
    readonly message: string;
    readonly hint: string | null;
  };
}

/** An error as data. */
export function errorDocument(error: unknown): ErrorDocument {
  const { message, hint } = describe(error);
  const code = error instanceof AwsError ? (error.code ?? null) : null;
  const data = error instanceof RolecallError ? error.data : {};
  return { error: { exit: exitCodeOfError(error), code, message, hint: hint ?? null, ...data } };
}

function describe(error: unknown): { message: string; hint: string | undefined } {
  const known = expectedError(error);
  if (known !== undefined) return { message: known.message, hint: known.hint };
  const text = error instanceof Error ? error.message || error.name : String(error);
  return {
    message: `internal error: ${text}`,
    hint: 'this is a defect in rolecall: run the command again with --debug and report what it prints',
  };
}

// The caret under a catalogue line stands by its leading spaces, which printable keeps.
const lines = (text: string): string[] => text.split('\n').map(printable);

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = lines(error.stack ?? '');
  return error.cause === undefined ? own : [...own, 'caused by:', ...causeOf(error.cause)];
}

const causeOf = (cause: unknown): string[] =>
  cause instanceof Error ? stackOf(cause) : [printable(String(cause))];
