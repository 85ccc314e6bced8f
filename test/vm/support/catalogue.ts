import { AMI } from '../../support/rehearsal.ts';
import { type Repository, repository } from '../../support/repository.ts';

/** The faults file of `power.test.ts` cuts the power when this text stands on the console. */
export const CUT = 'the power goes now';

/** What each role of scheme A runs, by its name. The same scripts boot in sandboxes, limited boxes and VMs. */
const SCRIPTS: Readonly<Record<string, string>> = {
  fails: 'echo preparing\ncp /nonexistent/shop.conf /etc/shop.conf\necho never',
  typo: 'memcachd -u nobody',
  noisy: `for n in {1..300}; do echo "rolecall: summary $n"; done
for n in {1..2000}; do printf '%s\\n' "$LINE"; done`,
  daemon: `setsid bash -c 'while :; do echo still here; sleep 1; done' &
echo "rolecall: the daemon runs"`,
  hangs: 'echo "rolecall: waiting for a database that never comes"\nsleep 86400',
  reboots: `count=$(($(cat /var/lib/boots 2>/dev/null || echo 0) + 1))
echo "$count" >/var/lib/boots
sync
echo "rolecall: boot $count of this machine"
case $count in
  1) reboot; sleep 600 ;;
  2) echo "rolecall: $CUT"; sleep 600 ;;
esac`,
  gated: `mode=$(cat /run/lane-mode 2>/dev/null || echo ok)
echo "rolecall: mode $mode"
case $mode in
  hangs) sleep 86400 ;;
  getty)
    systemctl restart serial-getty@ttyS0
    echo "rolecall: the login prompt is back" ;;
  dark)
    mkdir -p /run/lane-devices
    cp -a /dev/console /dev/ttyS0 /run/lane-devices/
    systemctl restart serial-getty@ttyS0
    rm /dev/console /dev/ttyS0
    exit 9 ;;
esac`,
};

/** Modules of scheme B. */
const MODULES: Readonly<Record<string, string>> = {
  one: 'echo "rolecall: one of $role"',
  two: 'echo two >&2',
  three: 'for n in {1..50}; do echo "line $n"; done',
  four: `setsid bash -c 'while :; do echo still here; sleep 1; done' &`,
  five: 'echo "rolecall: five of $role"',
  breaks: 'echo preparing\nmkdir /proc/nowhere',
  killed: 'echo "rolecall: about to die"\nkill -KILL $$',
  restarts: 'echo "rolecall: a new kernel"\nreboot\nsleep 600',
};

/** Settings of roles of scheme A. The hang ends by the time that user data names, whatever a boot takes. */
const OPTIONS: Readonly<Record<string, string>> = {
  hangs: 'timeout: 30s',
  gated: 'timeout: 3h, personality: {gate: "yes"}',
};

const BUNDLED: Readonly<Record<string, readonly string[]>> = {
  bundle: ['one', 'two', 'three', 'four', 'five'],
  'bundle-breaks': ['one', 'breaks', 'three'],
  'bundle-killed': ['one', 'killed', 'three'],
  'bundle-restarts': ['one', 'restarts', 'three'],
};

/** A line of 99 characters; 2,000 of them are 200 KB. */
const LINE = 'All work and no play makes Jack a dull boy. '.repeat(3).slice(0, 99);

const DISPATCHER = `#!/bin/bash
set -euo pipefail
LINE='${LINE}' CUT='${CUT}'
case $role in
${Object.entries(SCRIPTS)
  .map(([role, script]) => `${role})\n${script}\n;;`)
  .join('\n')}
esac
`;

/**
 * What the image holds beside rolecall. cloud-init's last stage takes its time and leaves a mark. The gate holds the
 * bootstrapper back where user data has `gate=yes`.
 */
const OVERLAY: readonly (readonly [path: string, text: string, mode?: number])[] = [
  ['etc/rolecall/init/b/bootstrapper.sh', DISPATCHER, 0o755],
  ['etc/cloud/cloud.cfg.d/95-lane.cfg', "runcmd:\n  - [sh, -c, 'sleep 2; date +%s.%N >/run/lane-runcmd']\n"],
  [
    'etc/systemd/system/rolecall-bootstrapper.service.d/gate.conf',
    '[Service]\nExecStartPre=/usr/local/sbin/lane-gate\n',
  ],
  [
    'usr/local/sbin/lane-gate',
    `#!/bin/bash
set -euo pipefail
# What was over before the bootstrapper began.
cp /run/lane-runcmd /run/lane-runcmd-at-begin 2>/dev/null || true
grep -qs '^gate=yes' /var/lib/cloud/instance/user-data.txt || exit 0
until [[ -e /run/lane-go ]]; do sleep 1 || true; done
`,
    0o755,
  ],
];

const CATALOGUE = `version: 1
name: lane
region: eu-central-1
ami: ${AMI}
bucket: lane-rolecall
apps: {shop: }
local_image: {overlay: overlay}
defaults: {instance_type: t3.micro, timeout: 15m}
environments: {prod: }
contexts: {b: , c: }
roles:
  web: {app: shop, instance_profile: web}
  nothing: {}
${Object.keys(SCRIPTS)
  .map((role) => `  ${role}: {${OPTIONS[role] ?? ''}}\n`)
  .join('')}${Object.entries(BUNDLED)
  .map(([role, modules]) => `  ${role}: {modules: [${modules.join(', ')}]}\n`)
  .join('')}`;

/** A catalogue in a git repository of its own, with an app to deploy, modules, and the image's overlay. */
export function laneCatalogue(): Repository & { readonly catalogue: string } {
  const repo = repository();
  for (const [path, text, mode] of OVERLAY) repo.write(`overlay/${path}`, text, mode);
  for (const [name, script] of Object.entries(MODULES)) {
    repo.write(`modules/${name}/module.yaml`, `description: The module ${name}\n`);
    repo.write(`modules/${name}/start-up.sh`, `#!/bin/bash\nset -euo pipefail\n${script}\n`, 0o755);
  }
  repo.write('init/b/bootstrapper.sh', '#!/bin/bash\necho "rolecall: serves build $ROLECALL_BUILD"\n', 0o755);
  repo.write('.gitattributes', 'overlay export-ignore\nmodules export-ignore\nroles.yaml export-ignore\n');
  repo.write('roles.yaml', CATALOGUE);
  repo.commit();
  return { ...repo, catalogue: `${repo.path}/roles.yaml` };
}
