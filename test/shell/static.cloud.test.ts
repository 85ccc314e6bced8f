import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { type BoxProgram, boxProgram, packageRoot } from '../../src/files/package-root.ts';
import { VERSION } from './box.ts';

const root = packageRoot();

/** Every file below the folders that begins with a shell's `#!`, or ends in .sh. */
const scripts = ['templates', 'example', 'scripts']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => file.endsWith('.sh') || /^#!.*\b(ba)?sh\b/.test(readFileSync(file, 'utf8').slice(0, 80)))
  .map((file) => relative(root, file));

function check(tool: string, args: readonly string[], input = ''): string {
  const { error, stdout, stderr } = spawnSync(tool, args, { cwd: root, encoding: 'utf8', input });
  if (error !== undefined)
    throw new Error(`${tool} can't be run (${error.message}): apt-get install -y ${tool}`);
  return stdout + stderr;
}

test('there are scripts to check', () => {
  expect(scripts).toEqual(expect.arrayContaining(['templates/bootstrapper.sh', 'templates/rc.local']));
});

/** Parts of the programs on machines; each is checked where it stands joined with the others. */
const isPart = (script: string): boolean =>
  /^templates\/(parts\/|bootstrapper[./]|start-up\.sh|runner\.sh)/.test(script);

test.each(scripts.filter((script) => !isPart(script)))('shellcheck finds nothing in %s', (script) => {
  expect(check('shellcheck', ['--external-sources', script])).toBe('');
});

test.each<[string, readonly BoxProgram[]]>([
  ['the bootstrapper', ['bootstrapper.sh']],
  ['the start-up script with the half that the bundle brings', ['start-up.sh', 'runner.sh']],
])('shellcheck finds nothing in %s', (_what, names) => {
  expect(check('shellcheck', ['-'], names.map((name) => boxProgram(name)).join('\n'))).toBe('');
});

test('every part stands in a program', () => {
  const joined = (['bootstrapper.sh', 'start-up.sh', 'runner.sh'] as const)
    .map((name) => boxProgram(name))
    .join('\n');
  expect(joined).not.toMatch(/^\. \S+\.sh$/m);
  for (const script of scripts.filter((script) => /^templates\/(parts|bootstrapper)\//.test(script)))
    expect(joined).toContain(
      readFileSync(join(root, script), 'utf8').trimEnd().slice(2).replaceAll('@version@', VERSION),
    );
});

test.each(scripts)('%s is formatted (shfmt -i 2)', (script) => {
  expect(check('shfmt', ['-d', '-i', '2', script])).toBe('');
});

/** What came after bash 5.0 (its NEWS file, sections 5.1, 5.2 and 5.3), as far as a pattern can see it. */
const LATER_THAN_5_0 = [
  [
    'SRANDOM, BASH_TRAPSIG, GLOBSORT, BASH_MONOSECONDS',
    /\b(SRANDOM|BASH_TRAPSIG|GLOBSORT|BASH_MONOSECONDS)\b/,
  ],
  ['wait -p', /\bwait\b[^;&|\n]* -[a-z]*p/],
  [`\${v@U}, @u, @L, @K, @k`, /\$\{[^}]*@[UuLKk]\}/],
  ['unset with @ or * of an associative array as a key', /\bunset\b.*\[[@*]\]/],
  [`\${ command; } and \${| command; }`, /\$\{[ \t|][^}]*;[ \t]*\}/],
  ['read -E, source -p, compgen -V, printf %Q', /\bread -[a-z]*E|\b(source|\.) -p|\bcompgen -V|%Q/],
  [
    'patsub_replacement, varredir_close, array_expand_once, bash_source_fullpath',
    /\bshopt\b.*(patsub_repl|varredir|array_expand|fullpath)/,
  ],
] as const;

/** Without the lines that are nothing but a comment. */
const codeOf = (script: string): string[] =>
  readFileSync(join(root, script), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
/** What runs on machines of any AMI. */
const onBoxes = scripts.filter((script) => script !== 'templates/rc.local');

test.each(LATER_THAN_5_0)('nothing needs a bash later than 5.0: %s', (_what, pattern) => {
  const later = onBoxes.flatMap((script) => codeOf(script).filter((line) => pattern.test(line)));
  expect(later).toEqual([]);
});

/** Options of curl later than 7.68, by its documentation, and what openssl 1.1.1 doesn't know. */
const LATER_TOOLS = [
  [
    'curl 7.68',
    /--(aws-sigv4|fail-with-body|fail-early-with|json|url-query|retry-all-errors|create-file-mode|rate|remove-on-error|output-dir|no-clobber|variable|expand-\w+|skip-existing|parallel-immediate|ca-native|proto-redir-default|etag-\w+|no-progress-meter|form-escape)\b|%\{(json|header_json|errormsg|exitcode|certs|stderr_json|onerror|method|num_headers|urlnum)/,
  ],
  ['openssl 1.1.1', /openssl.*(-saltlen|-provider|-propquery|-skeymgmt|-quiet|\bmac\b|\bkdf\b|\bfetch\b)/],
] as const;

test.each(LATER_TOOLS)('nothing on a machine needs a later tool than %s', (_what, pattern) => {
  // What runs on a developer's computer calls other programs with options of their own.
  const onMachines = onBoxes.filter((script) => !script.startsWith('scripts/'));
  expect(onMachines.flatMap((script) => codeOf(script).filter((line) => pattern.test(line)))).toEqual([]);
});

/** Handlers that end nothing: one that exits in the middle of `read -t` or `wait` corrupts bash's stack. */
const HARMLESS_HANDLERS = [/^'?-'?$/, /^:$/, /^''$/, /^': "?\$\{\w+:=[A-Za-z0-9 ]+\}"?'$/];

test('no handler of a signal ends anything itself', () => {
  const traps = onBoxes.flatMap((script) =>
    codeOf(script).flatMap((line) => [...line.matchAll(/\btrap ('[^']*'|"[^"]*"|\S+) ([A-Z][A-Z ]*)/g)]),
  );
  const ofSignals = traps.filter(([, , signals = '']) =>
    /\b(TERM|INT|HUP|PIPE|USR1|QUIT|ALRM|CHLD)\b/.test(signals),
  );
  expect(ofSignals.length).toBeGreaterThan(4);
  const others = ofSignals.filter(
    ([, handler = '']) => !HARMLESS_HANDLERS.some((allowed) => allowed.test(handler)),
  );
  expect(others.map(([line]) => line)).toEqual([]);
});

test("rc.local is the machine's own shell's", () => {
  expect(check('sh', ['-n', 'templates/rc.local'])).toBe('');
});

test('the static server compiles', () => {
  expect(check('perl', ['-c', 'example/image/usr/local/lib/rolecall/static-server.pl'])).toMatch(/syntax OK/);
});
