import { CloudError } from '../errors.ts';

/** How one run of apt, or of a tool that runs apt, ended. */
export interface AptOutcome {
  readonly ok: boolean;
  /** What it said on stderr, or why it could not be started. */
  readonly said: string;
}

/** The cloud ends while the image is being made. */
export const ended = (): CloudError =>
  new CloudError('usage', 'the local cloud ended before its image was made', {
    hint: 'the same command begins again',
  });

/** The disk of the state folder is full; `said` is the line that tells so. */
export const noSpace = (said: string): CloudError =>
  new CloudError('usage', `the local image does not fit on the disk: ${said.replace(/^[EW]: /, '').trim()}`, {
    hint: 'free some space, or set XDG_STATE_HOME to the absolute path of a folder on another disk',
  });

/** What apt says when it reaches no server at all; a 404 is another matter: the lists are old. */
export const UNREACHABLE =
  /Could not (resolve|connect)|Unable to connect|Temporary failure|Network is unreachable/;

/** The first line that tells a full disk. */
export const fullDisk = (said: string): string | undefined =>
  /^.*(?:No space left on device|not enough free space|You don't have enough free space).*$/m.exec(said)?.[0];

/**
 * Why apt could not provide packages; undefined where its words tell neither of the common reasons: a full disk, no
 * network.
 * @param subject `the packages of local_image`
 */
export function commonFault(
  subject: string,
  outcome: AptOutcome,
  update: AptOutcome,
): CloudError | undefined {
  const full = fullDisk(`${update.said}\n${outcome.said}`);
  if (full !== undefined) return noSpace(full);
  if (
    !/Failed to fetch|Could not (resolve|connect)|Temporary failure/.test(`${outcome.said}\n${update.said}`)
  )
    return undefined;
  return new CloudError('usage', `${subject} can't be fetched: ${firstFault(update.ok ? outcome : update)}`, {
    hint: "check the machine's network and its apt sources, then launch again; packages once fetched need no network",
  });
}

/** The first error or warning of apt's, without its letter. */
export const firstFault = ({ said }: AptOutcome): string => {
  const lines = said.split('\n').filter(Boolean);
  return (lines.find((line) => /^[EW]: /.test(line)) ?? lines.at(-1) ?? 'it gave no reason').replace(
    /^[EW]: /,
    '',
  );
};

/** The last line of a tool's output that names an error, or the last line. */
export const lastFault = (said: string): string => {
  const lines = said.trim().split('\n').filter(Boolean);
  return (lines.findLast((line) => /error|fail/i.test(line)) ?? lines.at(-1) ?? 'it gave no reason').trim();
};
