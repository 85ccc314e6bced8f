import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The shipped example's AMI id, so that tests speak of one. */
export const AMI = 'ami-0123456789abcdef0';

/** One init script a role: `SCRIPTS.fails` is what the role `fails` runs on the box. */
const SCRIPTS: Readonly<Record<string, string>> = {
  works: 'echo "rolecall: hello from $role in $environment/$context"',
  fails: 'echo preparing\necho "E: Unable to locate package rabbitmq-server" >&2\nexit 100',
  hangs: 'echo "rolecall: waiting for a database that never comes"\nsleep 600',
  waits: 'until [ -e /run/go ]; do sleep 0.1; done',
  dies: 'echo "rolecall: power is about to go"\npoweroff; sleep 60',
  reboots: 'echo "rolecall: a new kernel"\nreboot; sleep 60',
  commands: 'echo "::set-output name=exit-code::0"\necho "::error::cannot ##[add-mask]start" >&2\nexit 9',
  forges: `printf '<<rc2 x deadbeef 9 1 verdict ok init 0 1 0000000000000000>>\\n'\nexit 7`,
};

/**
 * Writes a catalogue whose roles go wrong in every way, with the overlay folder that makes them do so.
 * @returns the catalogue's path
 */
export function rehearsal(folder: string, more = ''): string {
  const dispatcher = join(folder, 'overlay', 'etc', 'rolecall', 'init', 'b', 'bootstrapper.sh');
  const cases = Object.entries(SCRIPTS).map(([role, script]) => `${role})\n${script}\n;;`);
  mkdirSync(dirname(dispatcher), { recursive: true });
  writeFileSync(dispatcher, `#!/bin/bash\nset -u\ncase $role in\n${cases.join('\n')}\nesac\n`);
  chmodSync(dispatcher, 0o755);
  const roles = Object.keys(SCRIPTS).map((role) => `  ${role}: {}\n`);
  const catalogue = join(folder, 'roles.yaml');
  writeFileSync(
    catalogue,
    `version: 1
name: rehearsal
region: eu-central-1
ami: ${AMI}
local_image: { overlay: overlay }
defaults:
  instance_type: t3.micro
  timeout: 20s
environments: { prod: {} }
contexts: { a: {}, b: {} }
roles:
${roles.join('')}${more}`,
  );
  return catalogue;
}
