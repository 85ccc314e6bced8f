import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { packageRoot } from '../src/files/package-root.ts';
import { shellEnv } from './support/shell-env.ts';

/** Each walk starts a cloud and two commands from their sources: a busy computer takes long. */
const WALK_MS = 300_000;
const ROOT = packageRoot();
const folder = mkdtempSync(join(tmpdir(), 'rolecall-walk-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const node = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, args, { cwd, env: { ...shellEnv(), ...env }, encoding: 'utf8' });
const walk = (...args: string[]) => node(ROOT, [join(ROOT, 'scripts/walk.mjs'), '--json', ...args]);

/** A program of two rooms; what never runs, and what runs after the request, is not part of its walk. */
const PROGRAM = {
  'src/bin/main.ts': "import { main } from '../cli/main.ts';\nvoid main();\n",
  'src/cli/main.ts': `import { act } from '../actions/act.ts';
import { Screen } from './screen.ts';
export async function main() { await helper(); await act(new Screen()); after(); }
const helper = async () => await Promise.resolve(1);
function after() { console.log('after the request'); }
`,
  'src/cli/screen.ts': `export class Screen {
  text = '';
  async ask(question: string) { await null; return this.answer(question); }
  tell = (text: string) => this.show(text);
  answer(question: string) { return question; }
  show(text: string) { this.text = text; }
}
`,
  'src/cli/unused.ts': 'export const NAMES = Object.freeze({});\nexport const unused = () => NAMES;\n',
  'src/actions/act.ts': `import { request } from 'node:http';
import type { Screen } from '../cli/screen.ts';
import '../cli/unused.ts';
export async function act(screen: Screen) {
  await screen.ask('which?');
  for (const text of ['über', 'two']) screen.tell(text);
  send('Action=RunInstances&DryRun=true');
  screen.tell('asked');
  send('Action=RunInstances&Count=1');
}
function send(body: string) { request('http://127.0.0.1:9/', { method: 'POST' }).on('error', () => undefined).end(body); }
`,
};

test('files count by the functions that ran, and each call from below into cli is a climb', () => {
  for (const [path, text] of Object.entries(PROGRAM)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const hooks = ['typescript', 'walk-hook'].map((name) => `--import=${join(ROOT, `scripts/${name}.mjs`)}`);
  const notes = join(folder, 'notes.json');
  const { signal, stdout } = node(folder, [...hooks, join(folder, 'src/bin/main.ts')], { WALK_NOTES: notes });
  expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: '' });
  const { files, covered, climbs } = JSON.parse(readFileSync(notes, 'utf8'));
  expect(files).toEqual(['src/cli/main.ts', 'src/actions/act.ts', 'src/cli/screen.ts']);
  expect(covered.sort()).toEqual(files.sort());
  expect(climbs).toEqual([
    ['src/actions/act.ts -> src/cli/screen.ts ask', 1],
    ['src/actions/act.ts -> src/cli/screen.ts tell', 3],
  ]);
});

test(
  'the walk of a launch leads from cli to actions, in fourteen files, and never back',
  () => {
    const { status, stdout, stderr } = walk();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { args, files, climbs, total } = JSON.parse(stdout);
    expect(args[0]).toBe('launch');
    expect(files[0]).toMatch(/^src\/cli\//);
    expect(files).toContain('src/cli/main.ts');
    expect(files.some((path: string) => path.startsWith('src/actions/'))).toBe(true);
    // A newcomer reads these to follow a launch. Control goes back to cli only to ask or to report.
    expect(files.length).toBeLessThanOrEqual(14);
    expect({ climbs, total }).toEqual({ climbs: [], total: 0 });
  },
  WALK_MS,
);

test(
  'a command that launches nothing has no walk',
  () => {
    const { status, stdout, stderr } = walk('--', 'roles', 'list');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('rolecall roles list sent no RunInstances request');
  },
  WALK_MS,
);
