/** When the kernel of a machine started, by what its console tells. */

/** Two estimates of one kernel's start differ by less; two boots of a machine lie further apart. */
const SAME_BOOT_MS = 5_000;
/** Estimates kept for a machine: the newest boots. */
const BOOTS_KEPT = 16;

/**
 * Takes one more estimate of when a kernel started, epoch milliseconds by the machine's clock. An estimate is never too late: what
 * it comes from was printed at that time of the kernel's or later. So of one boot's estimates the latest is the best.
 */
export function withBoot(boots: readonly number[], at: number): readonly number[] {
  const same = boots.findIndex((other) => Math.abs(other - at) < SAME_BOOT_MS);
  const known = boots[same];
  if (known === undefined) return [...boots, at].slice(-BOOTS_KEPT);
  return at > known ? boots.with(same, at) : boots;
}

/** How long the kernel had run when it took the line, milliseconds: `[   24.123456] cloud-init[1120]: text`. */
export function stampOf(forms: readonly string[]): number | undefined {
  const stamp = forms.map((form) => /^\[ *(\d{1,9}\.\d{1,6})\]/.exec(form)?.[1]).find(Boolean);
  return stamp === undefined ? undefined : Number(stamp) * 1000;
}

/**
 * cloud-init prints the date and the kernel's running time at the beginning of each of its stages, and at the end.
 * @see https://github.com/canonical/cloud-init/blob/main/cloudinit/cmd/main.py (`welcome_format`)
 */
const CLOUD_INIT_UP =
  /\bCloud-init v\. \S{1,64} (?:running '[\w:.-]{1,64}'|finished) at (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4})\..{0,200}?\bUp (\d{1,9}\.\d{1,3}) seconds/;

/** When the kernel started that a line of cloud-init tells of, epoch milliseconds, at most a second too early. */
export function bootedAtOf(line: string): number | undefined {
  const [, date, up] = CLOUD_INIT_UP.exec(line) ?? [];
  if (date === undefined || up === undefined) return undefined;
  const at = Date.parse(date) - Number(up) * 1000;
  return Number.isFinite(at) ? at : undefined;
}
