/** The form of a script: what no shell gets as far as running. Pure. */
import { isUtf8 } from 'node:buffer';
import type { Fault } from '../yaml/faults.ts';
import { finding, type Script } from './script.ts';

/** A script's text as far as its form is sound. */
export interface Formed {
  readonly faults: readonly Fault[];
  readonly text: string;
  readonly lines: readonly string[];
  /** The program that runs it, by its name: bash, sh, python3. */
  readonly interpreter: string;
}

const BOM = '\uFEFF';

/** Judges a script's bytes and its first line. */
export function formOf(script: Script): Formed {
  const { bytes } = script;
  const nothing = { text: '', lines: [], interpreter: 'bash' };
  if (bytes === undefined) return { ...nothing, faults: [finding(script, [], 1, "can't be read")] };
  if (bytes.subarray(0, 4).equals(ELF)) return { ...nothing, interpreter: 'a program', faults: [] };
  const text = bytes.toString('utf8');
  const lines = text.split('\n');
  const tell: Tell = (line, message, expected) => finding(script, lines, line, message, expected);
  const { interpreter, faults } = firstLine(script, lines, tell);
  return {
    ...{ text, lines, interpreter },
    faults: [...encodingFaults(bytes, lines, tell), ...lineEndFaults(lines, tell), ...faults],
  };
}

/** Makes a finding in the script that is judged. */
type Tell = (line: number, message: string, expected?: string) => Fault;

const ELF = Buffer.from('\u007fELF');

function encodingFaults(bytes: Buffer, lines: readonly string[], tell: Tell): Fault[] {
  if (bytes.toString('latin1').trim() === '') return [tell(1, 'is empty')];
  const nul = bytes.indexOf(0);
  if (nul >= 0) return [tell(lineAt(bytes, nul), 'holds a NUL byte', 'text in UTF-8')];
  if (!isUtf8(bytes)) return [tell(lineAt(bytes, firstBad(bytes)), 'is not UTF-8', 'text in UTF-8')];
  if (lines[0]?.startsWith(BOM))
    return [
      tell(
        1,
        'begins with a byte order mark, so that its #! line is none and bash takes it for a command',
        'UTF-8 without a BOM',
      ),
    ];
  return [];
}

const lineAt = (bytes: Buffer, offset: number): number =>
  bytes.subarray(0, offset).filter((byte) => byte === 10).length + 1;

/** The offset of the first line that is no UTF-8. */
function firstBad(bytes: Buffer): number {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return start;
    start = end + 1;
  }
  return start;
}

function lineEndFaults(lines: readonly string[], tell: Tell): Fault[] {
  const at = lines.findIndex((line) => line.endsWith('\r'));
  if (at < 0) return [];
  return [
    tell(
      at + 1,
      'has line ends of Windows (CRLF): the carriage return becomes a part of each command, of names and of values',
      'line ends of Unix (LF); with git: *.sh text eol=lf in .gitattributes',
    ),
  ];
}

/** Folders in which an AMI keeps its interpreters. */
const FOLDERS = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;
/** Folders that only a workstation has. */
const ELSEWHERE =
  /^\/(?:opt\/homebrew|usr\/local\/(?:Cellar|opt)|home|Users|mnt\/[a-z]\/|nix\/store|data\/data)\b/;

function firstLine(
  { start }: Script,
  lines: readonly string[],
  tell: Tell,
): { interpreter: string; faults: Fault[] } {
  const [first = ''] = lines;
  const line = first.replace(/\r$/, '').replace(BOM, '');
  if (!line.startsWith('#!')) return { interpreter: 'bash', faults: withoutInterpreter(start, tell) };
  const words = line.slice(2).trim().split(/\s+/);
  const { program, problem } = programOf(words);
  const interpreter = program.split('/').at(-1) ?? '';
  const fault = (message: string, expected: string) => ({
    interpreter,
    faults: [tell(1, message, expected)],
  });
  if (start === 'executed') {
    if (problem !== undefined) return fault(...problem);
    const [path = ''] = words;
    if (!path.startsWith('/') || ELSEWHERE.test(path))
      return fault(`names an interpreter that no AMI has: ${path}`, '#!/bin/bash or #!/usr/bin/env NAME');
    return { interpreter, faults: [] };
  }
  if (SHELLS.has(interpreter)) return { interpreter: 'bash', faults: [] };
  return start === 'module'
    ? fault(`is run by bash, and its first line names ${interpreter}`, 'bash; it may start other programs')
    : fault(
        `is run by bash, since it isn't executable, and its first line names ${interpreter}`,
        'a script with the x bit: chmod +x, or git update-index --chmod=+x',
      );
}

const SHELLS = new Set(['bash', 'sh', 'dash']);

/** The kernel runs no script without `#!`; env, which starts init scripts, then has sh run it (execvp(3)). */
const withoutInterpreter = (start: Script['start'], tell: Tell): Fault[] =>
  start === 'executed'
    ? [tell(1, 'is executable and has no #! line: sh runs it, and not bash', '#!/bin/bash as its first line')]
    : [];

/** The program that a `#!` line starts, through env too; the kernel gives env all words behind it as one. */
function programOf(words: readonly string[]): {
  program: string;
  problem?: readonly [message: string, expected: string];
} {
  const [path = '', ...rest] = words;
  if (path === '') return { program: '', problem: ['has a #! line without an interpreter', '#!/bin/bash'] };
  if (!FOLDERS.test(path) || !path.endsWith('/env')) return { program: path };
  const split = rest[0] === '-S' || rest[0]?.startsWith('--split-string') === true;
  const program = rest.find((word) => !word.startsWith('-') && !word.includes('=')) ?? '';
  if (program === '')
    return { program, problem: ['has a #! line without an interpreter', '#!/usr/bin/env bash'] };
  if (split || rest.length === 1) return { program };
  return {
    program,
    problem: [
      `makes env look for a program named "${rest.join(' ')}": the kernel gives it all words as one`,
      `#!/usr/bin/env -S ${rest.join(' ')}`,
    ],
  };
}
