import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/cli.ts';

/** The commands that a part of the bootstrapper asks for, as its source names them. */
function asked(part: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'templates', part), 'utf8');
  const [, names] = /^ {2}for name in ([a-z0-9 ]+); do$/m.exec(text) ?? [];
  if (names === undefined) throw new Error(`templates/${part} names no commands`);
  return names.split(' ');
}

const ALWAYS = asked('bootstrapper.sh');

/** What the bootstrapper needs on any machine: how it says that they are missing, and the tools. */
export const TOOLS: readonly (readonly [said: string, tools: readonly string[]])[] = [
  ...ALWAYS.map((tool) => [tool, [tool]] as const),
  ['sha256sum or openssl', ['sha256sum', 'openssl']],
];

/** What it needs beside that to deploy a build. */
export const DEPLOY_TOOLS = asked('bootstrapper/deploy.sh').filter((tool) => !ALWAYS.includes(tool));

/** A shell line that runs another one while tools are away. Only python3 moves them: it is cloud-init's own. */
export function without(tools: readonly string[], line: string): string {
  const move = (from: string, to: string) =>
    `python3 -c 'import os, sys; [os.rename(f"/usr/bin/{t}${from}", f"/usr/bin/{t}${to}") for t in sys.argv[1:]]' ${tools.join(' ')}`;
  return `${move('', '.away')}; status=0; ${line} >/dev/null 2>&1 || status=$?; ${move('.away', '')}; exit "$status"`;
}

/** A shell line that says how a unit stands. A verdict is told a moment before the unit's start is over. */
export const settled = (unit: string): string =>
  `while state=$(systemctl is-active ${unit}); [ "$state" = activating ]; do sleep 1; done; echo "$state"`;

/** A shell line that runs the bootstrapper once more, however often that was done in the last seconds. */
export const RESTART =
  '{ systemctl reset-failed rolecall-bootstrapper; systemctl restart rolecall-bootstrapper; }';
