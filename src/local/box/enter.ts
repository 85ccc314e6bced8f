/**
 * What a machine's root needs no more once it is up, all of it reaching beyond the box: as DROPPED in setup.sh, which takes it
 * from the box's init. Whoever enters comes from the host, with all of root's rights.
 */
export const DROPPED_CAPABILITIES =
  '-sys_module,-sys_rawio,-sys_time,-mknod,-mac_admin,-mac_override,-syslog,-audit_control,-block_suspend,-wake_alarm';

/** Where S3 is, and the proxy. (`--norc`: bash takes itself for a remote shell where its stdin is a socket.) */
const AS_INIT = 'while IFS= read -r -d "" word; do export "$word"; done </proc/1/environ; exec -- "$@"';

/**
 * The command that runs `argv` inside a running box as its root, with its init's environment: what `rolecall local exec` starts.
 * @param kind the box's kind, as the control API tells it
 * @param pid the box's init on the host
 */
export function enterCommand(
  kind: 'complete' | 'limited',
  pid: number,
  argv: readonly string[],
): readonly string[] {
  const user = kind === 'limited' ? ['--user', '--preserve-credentials'] : [];
  const spaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--cgroup'];
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const environment = [
    'env',
    '-i',
    path,
    'LANG=C.UTF-8',
    'HOME=/root',
    `TERM=${process.env['TERM'] ?? 'dumb'}`,
  ];
  return [
    'nsenter',
    '--target',
    String(pid),
    ...user,
    ...spaces,
    '--root',
    '--wd',
    '--',
    ...environment,
    ...['setpriv', '--bounding-set', DROPPED_CAPABILITIES, '--inh-caps', DROPPED_CAPABILITIES, '--'],
    ...['bash', '--norc', '-c', AS_INIT, 'bash', ...argv],
  ];
}
