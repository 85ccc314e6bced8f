import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AMI } from './rehearsal.ts';

/** Modules that do as their names say, and how each of them starts. */
export const MODULES: Readonly<Record<string, string>> = {
  first: 'echo "rolecall: $first_text for $role in $environment/$context"',
  second: 'echo "rolecall: second of $rolecall_launch"',
  fails: 'echo preparing\necho "E: Unable to locate package rabbitmq-server" >&2\nexit 100',
  forges: `printf '\\n<<rc2 x deadbeef 9 1 verdict ok module.forges 0 1 0000000000000000>>\\n'; exit 7`,
};

/**
 * Writes modules beside a catalogue: `first` has a variable, and a role of its own name each, beside `pair`, which has the
 * first two. `top` and `defaults`: more lines of the catalogue's top level, and of its defaults.
 * @returns the catalogue's path
 */
export function bundleCatalogue(folder: string, { top = '', defaults = '' } = {}): string {
  for (const [name, script] of Object.entries(MODULES)) writeModule(folder, name, script);
  write(
    join(folder, 'modules/first/module.yaml'),
    'description: The first\nvariables:\n  first_text: { description: a text, type: string, required: true }\n',
  );
  const roles = Object.keys(MODULES)
    .filter((name) => name !== 'first')
    .map((name) => `  ${name}: { modules: [${name}] }\n`);
  return write(
    join(folder, 'roles.yaml'),
    `version: 1
name: bundles
region: eu-central-1
ami: ${AMI}
bucket: bundles-rolecall
defaults:
  instance_type: t3.micro
  timeout: 20s
${defaults}environments: { prod: {} }
contexts: { a: {}, b: {} }
${top}roles:
  pair:
    modules: [first, second]
    variables: { first_text: { env: FIRST_TEXT } }
${roles.join('')}`,
  );
}

/** Writes a module whose start-up.sh is the script. @returns its folder */
export function writeModule(folder: string, name: string, script: string): string {
  const module = join(folder, 'modules', name);
  write(join(module, 'module.yaml'), `description: The module ${name}\n`);
  chmodSync(write(join(module, 'start-up.sh'), `#!/bin/bash\nset -euo pipefail\n${script}\n`), 0o755);
  return module;
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
