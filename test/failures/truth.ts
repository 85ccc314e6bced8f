import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
export const SCRIPTS = join(FOLDER, 'scripts');

/** One run of a script, and what is true of its failure. */
export interface Truth {
  readonly name: string;
  readonly scheme: 'personality' | 'start-up-bundle';
  /** The file's name in `scripts/`. Two runs of one script are two entries. */
  readonly script: string;
  /** The script's exit status. */
  readonly status: number;
  /** Text of the line that tells the true cause; null where the script printed no such line. */
  readonly cause: string | null;
  /** Texts of other lines that tell it as well. */
  readonly accept: readonly string[];
  /** Text of the command that failed. */
  readonly command?: string;
  /** Where that command stands; `file` is the script itself unless it is given. */
  readonly file?: string;
  readonly line?: number;
  readonly function?: string;
  /** The signal that ended it: `SIGKILL`. */
  readonly signal?: string;
  /** The first of the entries with the same cause. Its own name where there is none before it. */
  readonly root: string;
  /** An entry that looks alike but has another cause. */
  readonly unlike?: string;
  /** A function or a heredoc of the script prints a tool's output, as the tool may be missing. */
  readonly played: boolean;
  /** Written without knowledge of the rules that find the cause. */
  readonly blind: boolean;
}

interface Entry extends Partial<Omit<Truth, 'name' | 'script' | 'root'>> {
  readonly name: string;
  readonly same_as?: string;
}

/**
 * Reads `truth.yaml`. An entry without a scheme is one more run of the script that `same_as` names.
 * @throws Error where an entry names one that does not stand before it
 */
export function readTruth(): Truth[] {
  const found = new Map<string, Truth>();
  for (const entry of parse(readFileSync(join(FOLDER, 'truth.yaml'), 'utf8')) as Entry[]) {
    const same = entry.same_as === undefined ? undefined : found.get(entry.same_as);
    const { name, scheme, status, cause, same_as, ...more } = entry;
    if (same_as !== undefined && same === undefined)
      throw new Error(`${name}: no entry ${same_as} before it`);
    if (scheme === undefined && same !== undefined) {
      found.set(name, { ...same, name, blind: entry.blind ?? false });
      continue;
    }
    if (scheme === undefined || status === undefined || cause === undefined)
      throw new Error(`${name}: scheme, status and cause are needed`);
    found.set(name, {
      accept: [],
      played: false,
      blind: false,
      ...more,
      ...{ name, scheme, status, cause, script: `${name}.sh`, root: same?.root ?? name },
    });
  }
  return [...found.values()];
}
