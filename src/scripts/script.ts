/** Scripts that a machine will run, as they are looked at before there is one. */
import { DocumentError, type Fault } from '../yaml/faults.ts';

/** How a machine starts a script. */
export type Start =
  /** By its `#!` line: an init script with the x bit. */
  | 'executed'
  /** As `bash FILE`, whatever its `#!` line says: an init script without the x bit. */
  | 'by bash'
  /** As `bash start-up.sh` or test.sh of a module. */
  | 'module';

/**
 * How the machine starts a file below `init/`: the names of the lookup by their `#!` line where they are executable. Others
 * are run or sourced by those.
 */
export function startOf(path: string, executable: boolean): Start {
  const isEntry = /(?:^|\/)(?:bootstrapper|i-[0-9a-f]+)\.sh$/.test(path);
  return executable && isEntry ? 'executed' : 'by bash';
}

export interface Script {
  /** How messages call it: a path that the user knows. */
  readonly file: string;
  /** Undefined where it can't be read. */
  readonly bytes: Buffer | undefined;
  readonly start: Start;
}

/** What is wrong with scripts, and what is only worth knowing. */
export interface Checked {
  readonly faults: readonly Fault[];
  readonly notes: readonly Fault[];
}

/** Larger files are no scripts. */
export const MOST_SCRIPT_BYTES = 1_048_576;

/** The error of scripts that can't work on any machine. */
export const scriptError = (faults: readonly Fault[]): DocumentError =>
  new DocumentError('what machines would run', faults, 'mend the scripts: docs/scripts.md tells each fault');

/** `init/b/bootstrapper.sh:3: curl without -f ...; better: ...` */
export const noteText = ({ file, line, message, expected }: Fault): string =>
  `${file}:${line}: ${message}${expected === undefined ? '' : `; better: ${expected}`}`;

/** A finding in a script, at its line (from 1). */
export function finding(
  { file }: Pick<Script, 'file'>,
  lines: readonly string[],
  line: number,
  message: string,
  expected?: string,
): Fault {
  const sourceLine = (lines[line - 1] ?? '').replace(/\r$/, '');
  return {
    file,
    line,
    column: 1,
    length: Math.max(1, sourceLine.length),
    path: '',
    message,
    sourceLine,
    ...(expected !== undefined && { expected }),
  };
}
