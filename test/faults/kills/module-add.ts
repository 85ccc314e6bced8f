import {
  type FSWatcher,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Running, sandbox } from '../../support/cli.ts';
import { GOOD_CATALOGUE } from '../bad-input/good.ts';
import { type Settings, sampleOf } from '../part.ts';
import { endOf } from '../place.ts';
import { inPool } from '../pool.ts';
import { Random } from '../random.ts';

const WHOLE = 30;
/** So many that a kill finds the command among them. */
const FILES = 300;
/** The longest pause between the command's first change and its end, milliseconds. */
const LONGEST_MS = 60;

/** What became of the runs that were ended. */
interface ModuleKills {
  readonly tried: number;
  /** How many had not ended by themselves. */
  readonly caught: number;
  readonly violations: readonly string[];
}

/** `module add --force` over a module that is there, killed or interrupted while it works, and run again. */
export async function moduleKills(settings: Settings): Promise<ModuleKills> {
  if (!'module add'.includes(settings.only)) return { tried: 0, caught: 0, violations: [] };
  const tries = Array.from({ length: sampleOf(WHOLE, settings) }, (_, index) => index);
  const found = await inPool(tries, settings.jobs, async (index) => {
    const random = new Random(settings.seed, 'module add', index);
    const signal = random.pick(['SIGKILL', 'SIGKILL', 'SIGINT'] as const);
    const afterMs = random.below(LONGEST_MS);
    const { code, wrong } = await tried(signal, afterMs);
    const title = `module add, ${signal} after ${afterMs} ms (exit ${code})`;
    return { code, violations: wrong.map((text) => `${title}: ${text}`) };
  });
  return {
    tried: tries.length,
    caught: found.filter(({ code }) => code !== 0).length,
    violations: found.flatMap(({ violations }) => violations),
  };
}

async function tried(
  signal: 'SIGKILL' | 'SIGINT',
  afterMs: number,
): Promise<{ code: number | null; wrong: readonly string[] }> {
  const box = sandbox();
  const work = join(box.home, 'work');
  const shelf = join(work, 'modules');
  const source = join(box.home, 'source', 'mine');
  const args = ['module', 'add', source, '--force', '--output', 'json'];
  try {
    writeModule(source, 'old');
    mkdirSync(shelf, { recursive: true });
    writeFileSync(join(work, 'roles.yaml'), GOOD_CATALOGUE);
    const first = await box.run(args, { cwd: work });
    if (first.code !== 0) throw new Error(`module add ended with ${first.code}:\n${first.stderr}`);
    const old = treeOf(join(shelf, 'mine'));
    const beside = readdirSync(shelf);
    writeModule(source, 'new');
    const running = box.start(args, { cwd: work });
    const code = await endSoon(running, work, shelf, signal, afterMs);
    const left = treeOf(join(shelf, 'mine'));
    const again = await box.run(args, { cwd: work });
    const end = treeOf(join(shelf, 'mine'));
    const fresh = treeOf(source);
    const wrong = [
      ...(left === old || left === fresh ? [] : ['a module that is neither the old nor the new one is left']),
      ...(again.code === 0 ? [] : [`run again: exit ${again.code}: ${again.stderr.trim()}`]),
      ...(end === fresh ? [] : ['run again: the module is not the new one']),
      ...(String(readdirSync(shelf)) === String(beside) ? [] : [`litter: ${readdirSync(shelf)}`]),
    ];
    return { code, wrong };
  } finally {
    box.dispose();
  }
}

/** Signals the command a moment after the first thing that it changes. @returns its exit code */
async function endSoon(
  running: Running,
  work: string,
  shelf: string,
  signal: 'SIGKILL' | 'SIGINT',
  afterMs: number,
): Promise<number | null> {
  const watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    timer ??= setTimeout(() => running.child.kill(signal), afterMs);
  };
  for (const folder of [work, shelf, join(shelf, 'mine')]) watchers.push(watch(folder, changed));
  try {
    return (await endOf(running)).code;
  } finally {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  }
}

function writeModule(folder: string, text: string): void {
  mkdirSync(join(folder, 'files'), { recursive: true });
  writeFileSync(join(folder, 'module.yaml'), `description: the ${text} one\n`);
  writeFileSync(join(folder, 'start-up.sh'), `#!/bin/bash\necho ${text}\n`, { mode: 0o755 });
  for (let index = 0; index < FILES; index += 1)
    writeFileSync(join(folder, 'files', `${index}`), `${text} ${index}\n`.repeat(50));
}

/** The files of a folder with their contents, as one text; empty where there is none. */
function treeOf(folder: string): string {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort()
      .map((path) => `${path}\n${readFileSync(join(folder, path), 'utf8')}`)
      .join('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
