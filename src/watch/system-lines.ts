/** Lines of a console that the machine's own system prints: the kernel, systemd and cloud-init. */

/**
 * cloud-init's words for a user script that failed, in its older and newer spellings. Its warning about user data
 * of an unknown kind (`Unhandled non-multipart`) is no failure: a personality is of no kind it knows.
 * @see https://github.com/canonical/cloud-init/blob/main/cloudinit/config/cc_scripts_user.py
 */
export const CLOUD_INIT_FAILED =
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
export const PANIC = new RegExp(`${KERNEL}Kernel panic - not syncing\\b`);
/** What the kernel's boot stub writes to the line before the kernel does, often cut short: its last message has no line end. */
const STUB = '^(?:(?:Probing EDD|Decompressing Linux|Loading initial|Booting )[^\\[]{0,80})?';
export const STARTED = new RegExp(
  `${KERNEL.replace('\\d+\\.\\d{6}', '0\\.0{6}').replace('^', STUB)}Linux version \\S`,
);
