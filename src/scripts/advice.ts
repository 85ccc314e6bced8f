/** Notes: what works, and often isn't meant. Pure. */
import type { Fault } from '../yaml/faults.ts';
import { finding, type Script } from './script.ts';

/** A script that is fine as it is says so: `# rolecall: ignore errexit, curl`. */
const IGNORED = /^\s*#\s*rolecall: ignore ([a-z, -]+)$/gm;

const ERREXIT = /^#!.*\s-\w*e|^\s*set\s+(?:-\w+\s+)*-(?:\w*e|o\s+errexit\b)|^\s*set\s.*-o\s+errexit\b/m;
const SEES_ERRORS = /(?:^|\s)(?:--fail(?:-with-body|-early)?|-[A-Za-z]*f[A-Za-z]*)(?=\s|$)/;
const ANSWERS =
  /(?:^|\s)(?:-[a-z]*y[a-z]*|--yes|--assume-yes|-[a-z]*qq[a-z]*)(?=\s|$)|APT::Get::Assume-Yes|DEBIAN_FRONTEND/;

interface Rule {
  readonly name: string;
  readonly message: string;
  readonly expected: string;
  /** The line's number from 1; undefined where all is well. */
  readonly line: (text: string, commands: readonly Command[]) => number | undefined;
}

interface Command {
  readonly line: number;
  readonly text: string;
}

const RULES: readonly Rule[] = [
  {
    name: 'errexit',
    message: 'goes on after a command that fails: it has no set -e',
    expected: 'set -euo pipefail behind its first line',
    line: (text) => (ERREXIT.test(text) ? undefined : 1),
  },
  {
    name: 'curl',
    message: 'takes an error page for the file: curl without -f ends with 0 where the server answers 404',
    expected: 'curl -fsSL, or --fail',
    line: (_text, commands) =>
      commands.find(
        ({ text }) =>
          isRun(text, 'curl') && !SEES_ERRORS.test(text) && !/http_code|-[A-Za-z]*I\b|telnet:/.test(text),
      )?.line,
  },
  {
    name: 'apt-get',
    message: 'waits for an answer that nobody gives: apt-get without -y',
    expected: 'apt-get install -y',
    line: (text, commands) =>
      /APT::Get::Assume-Yes/.test(text)
        ? undefined
        : commands.find(
            (command) =>
              /(?:^|[\s;&|(])apt(?:-get)?\s(?:.*\s)?(?:install|upgrade|dist-upgrade|remove|purge)\s/.test(
                `${command.text} `,
              ) && !ANSWERS.test(command.text),
          )?.line,
  },
];

const isRun = (text: string, program: string): boolean =>
  new RegExp(`(?:^|[\\s;&|(!])${program}\\s`).test(text) &&
  !new RegExp(`command -v ${program}\\b`).test(text);

/** Notes on a shell script. */
export function adviceFor(script: Script, text: string, lines: readonly string[]): Fault[] {
  const ignored = [...text.matchAll(IGNORED)].flatMap(([, names = '']) => names.split(/[\s,]+/));
  const commands = commandsOf(lines);
  return RULES.filter(({ name }) => !ignored.includes(name)).flatMap(({ name, message, expected, line }) => {
    const at = line(text, commands);
    return at === undefined ? [] : [finding(script, lines, at, `${message} (${name})`, expected)];
  });
}

/** Lines that are no comment, joined where they go on in the next one; here-documents are left out. */
function commandsOf(lines: readonly string[]): Command[] {
  const commands: Command[] = [];
  let open: Command | undefined;
  let end: string | undefined;
  lines.forEach((line, index) => {
    if (end !== undefined) {
      if (line.trim() === end) end = undefined;
      return;
    }
    if (open === undefined && /^\s*(?:#|$)/.test(line)) return;
    const text = `${open?.text ?? ''} ${line.replace(/\\$/, '').trim()}`.trim();
    const joined = { line: open?.line ?? index + 1, text };
    open = line.endsWith('\\') ? joined : undefined;
    if (open === undefined) commands.push(joined);
    end = /<<-?\s*(["']?)(\w+)\1/.exec(line)?.[2];
  });
  return commands;
}
