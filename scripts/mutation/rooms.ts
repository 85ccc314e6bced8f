import { spawn, spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';

/** How a run of tests ended. `by` is the first test that failed, `times` milliseconds a test file. */
export type Run =
  | { readonly passed: true; readonly times: ReadonlyMap<string, number> }
  | { readonly passed: false; readonly path: string; readonly by: string };

const JEST =
  'node_modules/jest/bin/jest.js --config jest.mutation.config.js --selectProjects unit property cloud'.split(
    ' ',
  );
/** A mutant may loop for ever: so long, at most, no test ends. Jest's own limit of a test is shorter. */
const SILENCE_MS = 120_000;

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ROLECALL_PROPERTY_RUNS: '20',
  ...process.env,
  ...more,
});

/** Returns the test files of a folder of `test` that import the source file, directly or not. */
export function testsOf(root: string, room: string, file: string): readonly string[] {
  const args = [...JEST, '--listTests', '--findRelatedTests', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    env: environment(),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`jest lists no tests of ${file}: ${stderr}`);
  return stdout.split('\n').filter((path) => path.startsWith(join(root, 'test', room, '/')));
}

/** Runs test files in the given order, until a test fails. @param mutant the whole text of one source file */
export async function runTests(
  root: string,
  tests: readonly string[],
  mutant?: { readonly path: string; readonly text: string },
): Promise<Run> {
  const env = environment({
    ROLECALL_TEST_ORDER: JSON.stringify(tests),
    ROLECALL_MUTANT: JSON.stringify(mutant),
  });
  const args = [...JEST, '--runInBand', '--runTestsByPath', ...tests];
  // A group of its own: what the tests have started ends with it.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  const watchdog = setTimeout(end, SILENCE_MS);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    watchdog.refresh();
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearTimeout(watchdog);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  if (code === 0) {
    const files = lines.filter(([word]) => word === 'file');
    return { passed: true, times: new Map(files.map(([, path = '', ms]) => [path, Number(ms)])) };
  }
  const [word, path = '', name = ''] = lines.at(-1) ?? [];
  const by = word === 'failed' ? name : code === null ? 'no test ended in time' : `Jest ended with ${code}`;
  return { passed: false, path, by: `${relative(root, path)}: ${by}` };
}
