import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds rolecall's package.json: the same answer from the sources and from the bundle. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('rolecall was moved out of its package: no package.json above it');
    folder = parent;
  }
  return folder;
}

/** The programs that run on machines; each is joined from its parts into one file. */
export type BoxProgram =
  /** Scheme A's, on the AMI. */
  | 'bootstrapper.sh'
  /** Scheme B's user data, with a block of settings that a launch fills in. */
  | 'start-up.sh'
  /** The second half of scheme B's, which travels in the bundle. */
  | 'runner.sh'
  /** What modules share. */
  | 'module-lib.sh';

/** `. parts/clock.sh`: the part stands here. */
const PART = /^\. (\S+\.sh)$/gm;

/**
 * Returns the text of a program: the template with its parts, and with this package's version for `@version@`.
 * @param root the folder that holds package.json and templates/
 */
export function boxProgram(name: BoxProgram, root: string = packageRoot()): string {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { readonly version: string };
  return read(`templates/${name}`)
    .replace(PART, (_line, path: string) => `# ---- ${read(`templates/${path}`).trimEnd().slice(2)}\n`)
    .replaceAll('@version@', version);
}
