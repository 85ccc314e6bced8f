import { readFileSync } from 'node:fs';

/** A box and the tools that make it see nothing of the operator's environment; ip lies in sbin, which a user's PATH may lack. */
export const SYSTEM_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** Policies of Linux that forbid user namespaces, with the value that forbids and whether they forbid root's as well. */
const POLICIES = [
  {
    file: '/proc/sys/user/max_user_namespaces',
    forbids: '0',
    name: 'user.max_user_namespaces=0',
    root: true,
  },
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    forbids: '0',
    name: 'kernel.unprivileged_userns_clone=0',
    root: false,
  },
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    forbids: '1',
    name: 'kernel.apparmor_restrict_unprivileged_userns=1',
    root: false,
  },
] as const;

type Read = (path: string) => string | undefined;

/** The policy of this host that forbids boxes to root or to an ordinary user, where one does. */
const forbiddingPolicy = (root: boolean, readFile: Read) =>
  POLICIES.find((policy) => (policy.root || !root) && readFile(policy.file) === policy.forbids);

/** What to do when the host refused a box; `said` is what the tools printed. */
export function kernelHint(said: string, root = process.getuid?.() === 0, readFile: Read = read): string {
  const policy = forbiddingPolicy(root, readFile);
  if (policy !== undefined)
    return policy.root
      ? `the host's policy ${policy.name} forbids boxes: sysctl -w ${policy.name.replace(/0$/, '10000')}`
      : `the host's policy ${policy.name} forbids boxes to ordinary users: run with sudo`;
  if (/ENOENT|command not found|No such file/.test(said)) {
    return 'boxes need bash, util-linux (unshare, setpriv, nsenter) and iproute2 (ip): install them with apt-get';
  }
  return root
    ? 'boxes need root with CAP_SYS_ADMIN and overlayfs: in a container, start that with --privileged'
    : 'run with sudo: root can make complete boxes';
}
