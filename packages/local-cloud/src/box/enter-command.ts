import { readFileSync } from 'node:fs';
import { CloudError } from '../errors.ts';

/** Where S3 is, and the proxy. (`--norc`: bash takes itself for a remote shell where its stdin is a socket.) */
const AS_INIT = 'while IFS= read -r -d "" word; do export "$word"; done </proc/1/environ; exec -- "$@"';

/** As `limits` of setup.sh. */
const RAISE_LIMITS = `for name in c d f l s u v; do ulimit -H$name unlimited; done 2>/dev/null
ulimit -Hn "$(</proc/sys/fs/nr_open)" 2>/dev/null; exec -- "$@"`;

const SPACES = ['--mount', '--pid', '--net', '--ipc', '--uts', '--cgroup', '--user'];

/**
 * The command that runs `argv` inside a running box as its root, with its init's environment and its own session, so that the
 * box can't open the caller's terminal as /dev/tty. Hand it no descriptor of a terminal: the box could type into it (TIOCSTI).
 * @param kind the box's kind, as the control API tells it
 * @param pid the box's init on the host
 * @throws CloudError when the machine has ended
 */
export function enterCommand(
  kind: 'complete' | 'limited',
  pid: number,
  argv: readonly string[],
): readonly string[] {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const term = `TERM=${process.env['TERM'] ?? 'dumb'}`;
  return [
    ...['setsid', '--wait'],
    ...(kind === 'complete' ? gate(pid) : []),
    ...[
      'nsenter',
      '--target',
      String(pid),
      ...SPACES,
      ...(kind === 'limited' ? ['--preserve-credentials'] : []),
    ],
    ...[
      '--root',
      '--wd',
      '--',
      'setpriv',
      '--pdeathsig',
      'TERM',
      '--',
      'env',
      '-i',
      path,
      'LANG=C.UTF-8',
      'HOME=/root',
      term,
    ],
    ...['bash', '--norc', '-c', AS_INIT, 'bash', ...argv],
  ];
}

/**
 * By way of the mounts that the box was set up in, where the host's programs are read-only: /proc/self/exe of what enters leads
 * to them, and root of the box is the host's user 0 (CVE-2019-5736). The highest limits, since in there none can be raised.
 */
function gate(pid: number): readonly string[] {
  const parent = parentOf(pid);
  return ['nsenter', '--target', parent, '--mount', '--', 'bash', '--norc', '-c', RAISE_LIMITS, 'bash'];
}

function parentOf(pid: number): string {
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch (error) {
    throw new CloudError('usage', `the machine has ended: its process ${pid} is gone`, {
      hint: 'rolecall status --local',
      cause: error,
    });
  }
}
