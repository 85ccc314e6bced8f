/** Folders that belong to the kernel, or to a machine's set-up, as a whole. */
const FOLDERS = ['dev', 'proc', 'sys', 'mnt', 'run/rolecall-box', 'run/rolecall-keep', 'run/rolecall-upper'];
/** What set-up writes into each machine (setup.sh). */
const FILES = [
  'etc/machine-id',
  'etc/hostname',
  'etc/hosts',
  ...['poweroff', 'halt', 'reboot', 'shutdown', 'runlevel'].flatMap((name) => [
    `sbin/${name}`,
    `usr/sbin/${name}`,
  ]),
];

/**
 * Why an image may not bring something; undefined for what it may.
 * @param target relative to the root
 */
export function reservedReason(target: string, kind: 'file' | 'link'): string | undefined {
  const [top = ''] = target.split('/');
  if (kind === 'link' && top === target) return 'is a link in the place of a top-level folder';
  if (FOLDERS.some((folder) => target === folder || target.startsWith(`${folder}/`)))
    return 'lies where a machine has files of its kernel or its set-up';
  return FILES.includes(target) ? 'is made by the set-up of each machine' : undefined;
}
