import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { prepareModule, requireModuleName } from './shelf.ts';

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

# How \`rolecall module test ${name}\` starts it; network: true where it fetches packages (--network).
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
  requireModuleName(name);
  const folder = join(shelf, name);
  if (taken.includes(name) || existsSync(folder))
    throw new UsageError(`there is a module ${name} already`, {
      hint: 'choose another name; rolecall module list tells what there is',
    });
  const preparation = await prepareModule(shelf, name);
  const { draft } = preparation;
  try {
    await writeFile(join(draft, 'module.yaml'), moduleYaml(name));
    for (const [file, text] of [
      ['start-up.sh', startUp(name)],
      ['test.sh', test(name)],
    ] as const) {
      await writeFile(join(draft, file), text);
      await chmod(join(draft, file), 0o755);
    }
    await preparation.place({ entry: undefined, replace: false });
    return folder;
  } finally {
    await preparation.close();
  }
}
