import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openCollection } from '../../src/bundle/collection.ts';
import { moduleHash, readLock, verifyLock } from '../../src/bundle/lock.ts';
import { moduleIn, write } from '../bundle/support.ts';
import { ROOT, sandbox } from '../support/cli.ts';

const HOOK = join(ROOT, 'test/support/kill-at.cjs');

const box = sandbox();
const before = join(box.home, 'before');
const cwd = join(box.home, 'now');
const shelf = join(cwd, 'modules');
const hashes = { old: '', new: '' };

const add = (env: NodeJS.ProcessEnv = {}) =>
  box.run(['module', 'add', 'theirs', '--module', 'bee', '--force'], { cwd, env });
const killedAt = async (point: number) =>
  (await add({ NODE_OPTIONS: `--require ${HOOK}`, KILL_AT: String(point), KILL_BELOW: shelf })).code === null;

/** A catalogue's folder with an old `bee`, and a source with a new one. */
beforeAll(async () => {
  mkdirSync(before);
  write(join(moduleIn(join(before, 'theirs'), 'bee'), 'deep/data'), 'old');
  const added = await box.run(['module', 'add', 'theirs', '--module', 'bee'], { cwd: before });
  expect(added).toMatchObject({ code: 0 });
  hashes.old = await moduleHash(join(before, 'modules/bee'));
  write(join(before, 'theirs/bee/deep/data'), 'new');
  write(join(before, 'theirs/bee/more'), 'x'.repeat(100_000));
  hashes.new = await moduleHash(join(before, 'theirs/bee'));
  moduleIn(join(before, 'modules'), 'mine');
});
afterAll(() => box.dispose());

function restore(): void {
  rmSync(cwd, { recursive: true, force: true });
  cpSync(before, cwd, { recursive: true });
}

/** What a kill left: the module as it stands, and as the next command sees it, with its pin. */
async function left(): Promise<{ now: string; next: string }> {
  const nameOf = (hash: string) => (hash === hashes.old ? 'old' : hash === hashes.new ? 'new' : 'half');
  const now = existsSync(join(shelf, 'bee')) ? nameOf(await moduleHash(join(shelf, 'bee'))) : 'moved';
  const collection = await openCollection({ own: shelf, standard: join(box.home, 'none') }, (path) => path);
  expect(collection.names).toEqual(['bee', 'mine']);
  const module = await collection.find('bee');
  await verifyLock(shelf, module === undefined ? [] : [module]);
  expect(Object.keys(await readLock(shelf))).toEqual(['bee']);
  return { now, next: nameOf(await moduleHash(join(shelf, 'bee'))) };
}

describe('module add --force, killed', () => {
  test('before each of its changes: the old module or the new one, with its pin, and no litter stays', async () => {
    const seen: string[] = [];
    for (let point = 1; ; point += 1) {
      restore();
      if (!(await killedAt(point))) break;
      const { now, next } = await left();
      seen.push(next);
      // Between two renames the module is in the journal alone; whoever reads next puts it in place.
      if (now !== 'moved') expect(['old', 'new']).toContain(now);
      expect(await add()).toMatchObject({ code: 0 });
      expect(readdirSync(shelf).sort()).toEqual(['bee', 'mine', 'modules.lock']);
      expect(await moduleHash(join(shelf, 'bee'))).toBe(hashes.new);
    }
    expect(seen.length).toBeGreaterThanOrEqual(13);
    expect(new Set(seen)).toEqual(new Set(['old', 'new']));
    // Once the new one is there, no later kill brings the old one back.
    expect(seen.lastIndexOf('old')).toBeLessThan(seen.indexOf('new'));
  }, 240_000);

  test('at any moment, from outside', async () => {
    for (let round = 0; round < 13; round += 1) {
      restore();
      const { child, done } = box.start(['module', 'add', 'theirs', '--module', 'bee', '--force'], { cwd });
      // The kill comes with the first change that is seen in the folder, or some turns later.
      while (child.exitCode === null && !readdirSync(shelf).some((name) => name.startsWith('.adding')))
        await new Promise((resume) => setImmediate(resume));
      for (let turn = 0; turn < round * 40; turn += 1) await new Promise((resume) => setImmediate(resume));
      child.kill('SIGKILL');
      await done;
      expect(['old', 'new']).toContain((await left()).next);
      await add();
      expect(readdirSync(shelf).sort()).toEqual(['bee', 'mine', 'modules.lock']);
    }
  }, 240_000);
});

test('module add beside another one is refused: each would lose the other’s pin', async () => {
  restore();
  const other = spawn('sleep', ['60']);
  try {
    const { lives, ownNamespace } = await import('../../src/files/holder.ts');
    const { readFileSync } = await import('node:fs');
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    expect(lives(`${other.pid}.${start}`)).toBe(true);
    mkdirSync(join(shelf, `.adding-${ownNamespace()}-${other.pid}.${start}-abcdef`), { mode: 0o700 });
    expect(await add()).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('another process adds a module to '),
    });
    expect(await moduleHash(join(shelf, 'bee'))).toBe(hashes.old);
  } finally {
    other.kill();
  }
});
