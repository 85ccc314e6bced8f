/** Lines that the machine's own system prints (the kernel, systemd and cloud-init), and matches of the catalogue's patterns. */
import { harmless } from '../text.ts';
import type { LinearPattern } from '../yaml/pattern.ts';
import type { Entry, Facts, LineKind, Reading, Sighting, SightingType } from './facts.ts';
import { guessedForms, unprefixed } from './prefixes.ts';

/**
 * cloud-init's words for a user script that failed, in its older and newer spellings. Its warning about user data
 * of an unknown kind (`Unhandled non-multipart`) is no failure: a personality is of no kind it knows.
 * @see https://github.com/canonical/cloud-init/blob/main/cloudinit/config/cc_scripts_user.py
 */
const CLOUD_INIT_FAILED =
  /Failed to run module scripts[-_](?:user|vendor|per[-_](?:boot|instance|once))\b|Running module scripts[-_]\w+ \(.*\) failed|Failed running \/var\/lib\/cloud\/\S+/;

/**
 * systemd's animation while a unit starts, as the bootstrapper's own does for as long as it runs: three lines a second.
 * @see https://github.com/systemd/systemd/blob/main/src/core/manager.c manager_print_jobs_in_progress
 */
export const WAITING =
  /^(?:\S+ login: )?\[[ *]{3,8}\] (?:\(\d+ of \d+\) )?(?:Job \S+ running|An? (?:start|stop|verify|reload|restart) job is running for .*) \(.* \/ .*\)$/;

/**
 * The kernel's own lines: its time stamp (and, with PRINTK_CALLER, its thread) stands at the beginning of the line or
 * behind a login prompt. A script that prints the words has its own prefix before them, or no time stamp.
 * @see https://docs.kernel.org/core-api/printk-basics.html
 */
const KERNEL = '^(?:\\S+ login: |\\s+)?\\[ *\\d+\\.\\d{6}\\] ?(?:\\[ *[TC]\\d+\\] ?)?';
const PANIC = new RegExp(`${KERNEL}Kernel panic - not syncing\\b`);
/** What the kernel's boot stub writes to the line before the kernel does, often cut short: its last message has no line end. */
const STUB = '^(?:(?:Probing EDD|Decompressing Linux|Loading initial|Booting )[^\\[]{0,80})?';
const STARTED = new RegExp(
  `${KERNEL.replace('\\d+\\.\\d{6}', '0\\.0{6}').replace('^', STUB)}Linux version \\S`,
);

/** Whether a pattern fits the line as it stands or as the script printed it: `^Done` is meant for the latter. */
const fits = (pattern: LinearPattern | undefined, forms: readonly string[]): boolean =>
  pattern !== undefined && forms.some((form) => pattern.test(form));

/** Notes what a line shows of the boot's end. */
export function withSightings(facts: Facts, line: string, kind: LineKind, reading: Reading): Facts {
  const { success, failure } = reading;
  const sighting = { line: shown(line, reading), context: facts.tail };
  const { text, forms } = unprefixed(line);
  const seen: readonly (readonly [SightingType, boolean])[] = [
    ['panic', PANIC.test(line)],
    ['cloud-init', CLOUD_INIT_FAILED.test(line)],
    ['failure', fits(failure, forms)],
    // Of a line that is cut only the bad is believed: "ready" may be what is left of "not ready".
    ['success', !kind.cut && fits(success, forms)],
  ];
  const told = seen.reduce((now, [type, is]) => (is ? sighted(now, { type, sighting }) : now), facts);
  const missed = seen.some(([, is]) => is) ? undefined : nearly(text, reading);
  const again = told.entries.at(-1)?.type === 'kernel';
  const known = missed === undefined ? told : { ...told, nearly: { pattern: missed, line: sighting.line } };
  return STARTED.test(line) && !again ? { ...known, entries: [...known.entries, { type: 'kernel' }] } : known;
}

/** Which pattern would fit a line if what stands before were a prefix. */
function nearly(text: string, { success, failure }: Reading): 'success' | 'failure' | undefined {
  if (success === undefined && failure === undefined) return undefined;
  const guessed = guessedForms(text);
  if (fits(failure, guessed)) return 'failure';
  return fits(success, guessed) ? 'success' : undefined;
}

/** Between two markers, and in one boot, the first of each type says enough. */
function sighted(facts: Facts, entry: Extract<Entry, { sighting: Sighting }>): Facts {
  const before = facts.entries.findLast(({ type }) => ['marker', 'kernel', entry.type].includes(type));
  return before?.type === entry.type ? facts : { ...facts, entries: [...facts.entries, entry] };
}

/** Text for people: without known secrets, which are taken out before it is cut to a length. */
export const shown = (line: string, { mask }: Reading): string =>
  harmless(mask === undefined ? line : mask(line));
