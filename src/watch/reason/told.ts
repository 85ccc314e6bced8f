/** What the box tells of a failed script: facts, one a line, and what the script has printed. */

/** How the script ended, as far as the box knows. */
export type How =
  /** A command failed, and the script ended with its status. */
  | 'command'
  /** The script called `exit`. */
  | 'exit'
  /** The box ended the script: its time was up. */
  | 'timeout'
  /** A signal ended the script itself. */
  | 'signal'
  /** Nothing recorded it: another interpreter, a syntax error, an unset variable. */
  | 'unknown';

export interface Told {
  readonly how: How;
  /** By its base name: `bash`, `python3`. */
  readonly interpreter?: string;
  /** The script that the step ran, as people know it (`b/prod/bootstrapper.sh`), and its path on the machine. */
  readonly script?: string;
  readonly path?: string;
  /** The file that holds the failing command: the script, or what it sources. */
  readonly file?: string;
  readonly line?: number;
  readonly function?: string;
  readonly command?: string;
  /** The command's exit status, which may differ from the script's. */
  readonly status?: number;
  /** Without `SIG`. */
  readonly signal?: string;
  /** The kernel's own line about it. */
  readonly kernel?: string;
  /** Seconds that the command had been running. */
  readonly forS?: number;
  /** Which time was up: `the launch waits 600 s`. */
  readonly limit?: string;
  /** The script printed nothing at all. */
  readonly silent: boolean;
  /** So many of the last lines were printed after the command had failed. */
  readonly behind: number;
}

const HOWS: ReadonlySet<string> = new Set<How>(['command', 'exit', 'timeout', 'signal', 'unknown']);
const isHow = (value: string): value is How => HOWS.has(value);

/**
 * Reads the facts, NAME VALUE each; later ones win. Names that this version doesn't know are skipped.
 * @returns undefined where the box told none
 */
export function readTold(facts: readonly string[]): Told | undefined {
  const values = new Map(
    facts.map((fact) => {
      const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(fact) ?? [];
      return [name, value] as const;
    }),
  );
  if (values.size === 0) return undefined;
  const text = (name: string) => {
    const value = values.get(name);
    return value === undefined || value === '' ? {} : { [name]: value };
  };
  const number = (name: string, as = name) => {
    const value = values.get(name) ?? '';
    return /^\d{1,9}$/.test(value) ? { [as]: Number(value) } : {};
  };
  const how = values.get('how') ?? '';
  return {
    how: isHow(how) ? how : 'unknown',
    silent: values.get('silent') === 'yes',
    behind: 0,
    ...text('interpreter'),
    ...text('script'),
    ...text('path'),
    ...text('file'),
    ...text('function'),
    ...text('command'),
    ...text('kernel'),
    ...text('signal'),
    ...text('limit'),
    ...number('line'),
    ...number('status'),
    ...number('for', 'forS'),
    ...number('behind'),
  };
}
