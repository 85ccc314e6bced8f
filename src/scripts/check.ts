/** Checks scripts before any machine runs them: what can't work is a fault, what often isn't meant a note. */
import type { Fault } from '../yaml/faults.ts';
import { adviceFor } from './advice.ts';
import { formOf } from './form.ts';
import { type Checked, finding, type Script } from './script.ts';
import { shellcheck, syntaxError } from './shell.ts';

/** Programs at work at once. */
const AT_ONCE = 4;

/** What is looked for: notes ask shellcheck, which takes a while. */
export type Depth = 'faults' | 'faults and notes';

/**
 * Checks all scripts; findings stand in the order of files and lines.
 * @param signal ends the programs that are asked
 */
export async function checkScripts(
  scripts: readonly Script[],
  signal: AbortSignal,
  depth: Depth = 'faults and notes',
): Promise<Checked> {
  const results: Checked[] = [];
  const waiting = scripts.map((script, index) => ({ script, index }));
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next.index] = await checkScript(next.script, signal, depth);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return {
    faults: results.flatMap(({ faults }) => faults),
    notes: results.flatMap(({ notes }) => notes),
  };
}

async function checkScript(script: Script, signal: AbortSignal, depth: Depth): Promise<Checked> {
  const { faults, text, lines, interpreter } = formOf(script);
  if (faults.length > 0 || !/^(?:ba|da)?sh$/.test(interpreter)) return { faults, notes: [] };
  const wrong = await syntaxError(text, signal);
  if (wrong !== undefined) return { faults: [placed(script, lines, wrong.line, wrong.message)], notes: [] };
  if (depth === 'faults') return { faults: [], notes: [] };
  const found = await shellcheck(text, interpreter, signal);
  return {
    faults: [],
    notes: [
      ...adviceFor(script, text, lines),
      ...found.map(({ line, message }) => finding(script, lines, line, message)),
    ].sort((one, other) => one.line - other.line),
  };
}

/** An error at the end of a script is told of its last line that holds something. */
function placed(script: Script, lines: readonly string[], line: number, message: string): Fault {
  const last = lines.findLastIndex((text) => text.trim() !== '') + 1;
  return finding(script, lines, Math.min(line, Math.max(1, last)), message);
}
