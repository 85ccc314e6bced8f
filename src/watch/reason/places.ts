/** Where an error says that it happened: the shells' own form, and the exceptions of other languages. */

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function?: string;
}

/** `FILE: line 12: ...` of bash, `FILE: 12: ...` of dash. */
const SHELL = /^(?<file>[^\s:][^:]{0,300}): (?:line )?(?<line>\d{1,6}): /;
/** Frames of programs, with the newest first, as they stand below the error. */
const FRAMES: readonly RegExp[] = [
  // Node: at f (/srv/x.js:3:1), at file:///srv/x.mjs:3:1
  /^\s+at (?:(?:async )?(?<function>[^()]+?) \()?(?:file:\/\/)?(?<file>\/[^():]+):(?<line>\d+):\d+\)?$/,
  // Java: at com.example.Main.start(Main.java:12)
  /^\s+at (?<function>[\w.$<>]+)\((?<file>\w+\.(?:java|kt|scala|groovy)):(?<line>\d+)\)/,
  // Go: a tab, /srv/main.go:7 +0x1d
  /^\s+(?<file>\/\S+\.go):(?<line>\d+)(?: \+0x[0-9a-f]+)?$/,
  // PHP: #0 /srv/x.php(3): f()
  /^#\d+ (?<file>\/\S+?)\((?<line>\d+)\)/,
];
/** The place in the message itself: Perl, Ruby, PHP, Rust, compilers, awk. */
const WITHIN: readonly RegExp[] = [
  / at (?<file>\S+) line (?<line>\d+)(?:, <.+> (?:line|chunk) \d+)?\.$/,
  /^(?<file>[^\s:]+):(?<line>\d+):in [`'](?:[\w:]+[#.])?(?<function>[^']+)'/,
  / in (?<file>\/\S+?)(?::| on line )(?<line>\d+)/,
  /panicked at (?:'.*', )?(?<file>[^\s:]+):(?<line>\d+):\d+/,
  /^(?<file>[^\s:]+\.\w+):(?<line>\d+):(?:\d+:)? /,
];
const PYTHON = /^\s*File "(?<file>[^"<][^"]*)", line (?<line>\d+)(?:, in (?<function>\S+))?/;
/** Code that the script's author didn't write. */
const LIBRARY =
  /\/(?:lib|lib64|site-packages|dist-packages|node_modules|vendor|perl5|gems|usr\/share)\/|^(?:node:|<)|\/go\/src\/|\/rustc\//;
const LIBRARY_FUNCTION = /^(?:java|javax|jdk|sun|kotlin|scala)\./;

/** The place that the error in line `at` names, or that stands around it; undefined where nothing names one. */
export function placeOf(lines: readonly string[], at: number): Place | undefined {
  const line = lines[at] ?? '';
  return (
    shellPlace(line) ?? pythonPlace(lines, at) ?? within(line) ?? framePlace(lines, at) ?? header(lines, at)
  );
}

/** The place in a message of a shell. */
export const shellPlace = (line: string): Place | undefined => placed(SHELL.exec(line));

const within = (line: string): Place | undefined => first(WITHIN.map((form) => placed(form.exec(line))));

/** Above the error: the innermost frame of the author's own code, else the innermost. */
function pythonPlace(lines: readonly string[], at: number): Place | undefined {
  const frames: Place[] = [];
  for (let above = at - 1; above >= 0 && /^\s/.test(lines[above] ?? ''); above--) {
    const frame = placed(PYTHON.exec(lines[above] ?? ''));
    if (frame !== undefined) frames.push(frame);
  }
  return frames.find(isOwn) ?? frames[0];
}

/** Below the error: the first frame of the author's own code. */
function framePlace(lines: readonly string[], at: number): Place | undefined {
  const frames: Place[] = [];
  for (let below = at + 1; below < lines.length && below < at + 60; below++) {
    const frame = first(FRAMES.map((form) => placed(form.exec(lines[below] ?? ''))));
    if (frame !== undefined) frames.push(frame);
    else if (frames.length > 0 && /^\S/.test(lines[below] ?? '')) break;
  }
  return frames.find(isOwn);
}

/** Node prints `FILE:LINE` alone above the source line of an error. */
function header(lines: readonly string[], at: number): Place | undefined {
  for (let above = at - 1; above >= Math.max(0, at - 6); above--) {
    const found = placed(/^(?:file:\/\/)?(?<file>\/[^\s:]+):(?<line>\d+)$/.exec(lines[above] ?? ''));
    if (found !== undefined && isOwn(found)) return found;
  }
  return undefined;
}

const isOwn = ({ file, function: name = '' }: Place): boolean =>
  !LIBRARY.test(file) && !LIBRARY_FUNCTION.test(name);

const first = <T>(all: readonly (T | undefined)[]): T | undefined => all.find((one) => one !== undefined);

function placed(match: RegExpExecArray | null): Place | undefined {
  const { file, line, function: name } = match?.groups ?? {};
  if (file === undefined || line === undefined) return undefined;
  const inside =
    name === undefined || /^(?:<module>|<anonymous>|Object\.<anonymous>|<main>|main)$/.test(name);
  return { file, line: Number(line), ...(!inside && { function: name }) };
}

/**
 * A script's path as people know it: an init script relative to `init/`, a module's as NAME/start-up.sh.
 * @param step the failing step: a module's script runs in the module's folder
 */
export function knownPath(file: string, step: string): string {
  const [, module] = /^module\.(.+)$/.exec(step) ?? [];
  const [, inBundle] = /\/start-up-bundle\/(.+)$/.exec(file) ?? [];
  if (inBundle !== undefined) return inBundle;
  if (module !== undefined && !file.startsWith('/')) return `${module}/${file.replace(/^\.\//, '')}`;
  const [, inInit] = /^\/(?:etc\/rolecall|.*\/build\S*|.*\/builds?\/.*?)\/init\/(.+)$/.exec(file) ?? [];
  return inInit ?? file;
}
