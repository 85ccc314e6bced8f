/** What systems put before a program's lines on a console: taken away here, and nowhere else. */

/** A line as the program printed it. */
export interface Unprefixed {
  readonly text: string;
  /** The line itself and what is left after each prefix, the program's own text last. */
  readonly forms: readonly string[];
  /** `cloud-init`, `journal` or `syslog` brought it; undefined where the program printed to the console itself. */
  readonly by: 'cloud-init' | 'journal' | 'syslog' | undefined;
  /** The kernel's own line, or systemd's: no program of the boot's scripts printed it. */
  readonly isSystem: boolean;
}

/** A getty's prompt has no line end, so the next line is glued to it. */
const LOGIN = /^[\w.-]{1,64} login: /;
/** systemd's status, which may come in the middle of a line. */
const STATUS = /^\[(?: {2}OK {2}|FAILED|DEPEND|[ *]{6})\] /;
/** Amazon Linux puts it before what cloud-init prints to the console itself. */
const EC2 = /^ec2: ?/;
/** The kernel's time stamp, which it puts before what goes through /dev/kmsg, and journald before what it forwards. */
const STAMP = /^\[ *\d+\.\d+\] ?/;
/** The name and process of a program. */
const TAG = /^[\w./@-]{1,64}\[\d+\]:(?: |$)/;
/** Of syslog: a priority, a time, and mostly a host. https://www.rfc-editor.org/rfc/rfc3164#section-4.1 */
const SYSLOG =
  /^(?:<\d{1,3}>1? ?)?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) (?:[\w.-]{1,64} )?[\w./@-]{1,64}(?:\[\d+\])?:(?: |$)/;
/** Whatever a line without an end has left before the next program's line. */
const GLUED = /^.{1,200}?(?=\[ *\d+\.\d+\] [\w./@-]{1,64}\[\d+\]:(?: |$))/;

/** Takes all known prefixes from a line, one after another: `ip-10-0-0-1 login: [   21.7] cloud-init[1618]: text`. */
export function unprefixed(line: string): Unprefixed {
  const forms = [line];
  let by: Unprefixed['by'];
  let isSystem = false;
  const cut = (form: RegExp): string | undefined => {
    const text = forms.at(-1) ?? '';
    const [prefix] = form.exec(text) ?? [];
    if (prefix !== undefined) forms.push(text.slice(prefix.length));
    return prefix;
  };
  for (const form of [LOGIN, STATUS, EC2, LOGIN]) cut(form);
  if (!STAMP.test(forms.at(-1) ?? '') && !SYSLOG.test(forms.at(-1) ?? '')) cut(GLUED);
  if (cut(STAMP) !== undefined) {
    const tag = cut(TAG);
    isSystem = tag === undefined || tag.startsWith('systemd');
    by = tag?.startsWith('cloud-init') ? 'cloud-init' : 'journal';
  } else if (cut(SYSLOG) !== undefined) by = 'syslog';
  else isSystem = STATUS.test(forms[0] ?? '');
  return { text: forms.at(-1) ?? '', forms, by, isSystem };
}

/** Where a prefix that isn't known may end. */
const BOUNDARY = /[:\]>|)-] +|\] ?/g;
/** Longer lines aren't looked at, and so many boundaries of a line are. */
const MOST_CHARACTERS = 2_000;
const MOST_BOUNDARIES = 8;

/** What a line would be behind prefixes that aren't known: for telling people why a pattern didn't fit, and no more. */
export function guessedForms(text: string): string[] {
  if (text.length > MOST_CHARACTERS) return [];
  const ends = [...text.slice(0, 200).matchAll(BOUNDARY)].slice(0, MOST_BOUNDARIES);
  return ends.map(({ 0: found, index }) => text.slice(index + found.length)).filter((rest) => rest !== '');
}
