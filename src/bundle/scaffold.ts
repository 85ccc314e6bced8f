import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { makeFolder } from '../io/make-folder.ts';
import { MODULE_NAME } from '../nouns.ts';

const moduleYaml = (
  name: string,
): string => `# What the module ${name} is; every key is told in docs/modules.md.
description: What ${name} is, in a line

variables:
  ${variable(name)}_greeting:
    description: what it says when it starts
    type: string
    default: hello

# Modules that come earlier in a role's list, where the role has them:
# after: [users]
timeout: 5m

# How \`rolecall module test ${name}\` starts it; network: true where it fetches packages.
test:
  variables: { ${variable(name)}_greeting: good day }
`;

const startUp = (name: string): string => `#!/bin/bash
# Starts ${name}. Runs as root in its own folder, and must be able to run again on the same machine.
set -euo pipefail
# shellcheck source=/dev/null
source "$ROLECALL_LIB"

# Put what it needs in place ...
mkdir -p /etc/${name}
printf '%s\\n' "$${variable(name)}_greeting" >/etc/${name}/greeting

# ... and prove that it works: the verdict of the machine hangs on this.
[[ -s /etc/${name}/greeting ]] || fail "/etc/${name}/greeting is empty"
say "${name} says $(</etc/${name}/greeting)"
`;

const test = (name: string): string => `#!/bin/bash
# Looks at the module from outside, after it was started twice: 0 means that it does what it should.
set -euo pipefail
# shellcheck source=/dev/null
source "$ROLECALL_LIB"

[[ $(</etc/${name}/greeting) == "$${variable(name)}_greeting" ]] || fail "the greeting is $(</etc/${name}/greeting)"
`;

const variable = (name: string): string => name.replaceAll('-', '_');

/**
 * Writes a new module that works as it stands.
 * @param shelf the folder of the catalogue's own modules; made where it isn't there
 * @returns its folder
 * @throws UsageError for a name that can't be, or is taken
 */
export async function scaffoldModule(shelf: string, name: string, taken: readonly string[]): Promise<string> {
  if (!MODULE_NAME.test(name))
    throw new UsageError(`"${name}" can't be the name of a module`, {
      hint: 'a lower-case letter, then a-z 0-9 and -, at most 32 in all; not files',
    });
  const folder = join(shelf, name);
  if (taken.includes(name))
    throw new UsageError(`there is a module ${name} already`, {
      hint: 'choose another name; rolecall module list tells what there is',
    });
  try {
    await makeFolder(shelf);
    await mkdir(folder);
  } catch (error) {
    throw new UsageError(`${folder} can't be made: ${(error as Error).message}`, {
      hint: 'choose another name, or set modules_folder in the catalogue',
    });
  }
  await writeFile(join(folder, 'module.yaml'), moduleYaml(name));
  for (const [file, text] of [
    ['start-up.sh', startUp(name)],
    ['test.sh', test(name)],
  ] as const) {
    await writeFile(join(folder, file), text);
    await chmod(join(folder, file), 0o755);
  }
  return folder;
}
