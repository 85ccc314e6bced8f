import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readLock } from '../../src/bundle/lock.ts';
import { prepareModule, recoverShelf } from '../../src/bundle/shelf.ts';
import { ownNamespace } from '../../src/files/holder.ts';
import { moduleIn, newFolder, refusal, write } from './support.ts';

let shelf: string;
beforeEach(() => {
  shelf = newFolder();
});
afterEach(() => rmSync(shelf, { recursive: true, force: true }));

const ENTRY = { source: '../bees', sha256: 'a'.repeat(64) };
const textOf = (name: string) => readFileSync(join(shelf, name, 'text'), 'utf8');

/** A preparation of the module `bee` whose process was killed: behind its decision, or before it. */
async function killed(decision?: object): Promise<void> {
  const { draft } = await prepareModule(shelf, 'bee');
  write(join(draft, 'text'), 'new');
  const work = dirname(dirname(draft));
  if (decision !== undefined)
    writeFileSync(join(work, 'decision.json'), JSON.stringify({ name: 'bee', ...decision }));
  const { pid } = spawnSync('true');
  renameSync(work, join(shelf, `.adding-${ownNamespace()}-${pid}.1-abcdef`));
}

describe('a module whose adding was killed', () => {
  test('behind the decision is placed by the next call, with its pin', async () => {
    await killed({ entry: ENTRY, replace: false });
    await recoverShelf(shelf);
    expect(textOf('bee')).toBe('new');
    expect(await readLock(shelf)).toEqual({ bee: ENTRY });
    expect(readdirSync(shelf).sort()).toEqual(['bee', 'modules.lock']);
  });

  test('behind the decision to replace takes the place of the old one', async () => {
    write(join(moduleIn(shelf, 'bee'), 'text'), 'old');
    await killed({ replace: true });
    await recoverShelf(shelf);
    expect(textOf('bee')).toBe('new');
    expect(readdirSync(join(shelf, 'bee'))).toEqual(['text']);
    expect(readdirSync(shelf)).toEqual(['bee']);
  });

  test('without the decision to replace leaves alone what turned up meanwhile', async () => {
    await killed({ replace: false });
    write(join(moduleIn(shelf, 'bee'), 'text'), 'mine');
    expect(await refusal(recoverShelf(shelf))).toMatch(/^usage: .*bee can't be put in place/);
    expect(textOf('bee')).toBe('mine');
  });

  test('before the decision leaves nothing', async () => {
    await killed();
    await recoverShelf(shelf);
    expect(readdirSync(shelf)).toEqual([]);
  });
});

test.each(['old', 'new'])('a module may be called %s, and be replaced', async (name) => {
  write(join(moduleIn(shelf, name), 'text'), 'before');
  const { draft, place, close } = await prepareModule(shelf, name);
  write(join(draft, 'text'), 'after');
  await place({ entry: ENTRY, replace: true });
  await close();
  expect(textOf(name)).toBe('after');
  expect(readdirSync(join(shelf, name))).toEqual(['text']);
  expect(readdirSync(shelf).sort()).toEqual(['modules.lock', name]);
});

test('while one process adds a module, another waits', async () => {
  const first = await prepareModule(shelf, 'bee');
  expect(await refusal(prepareModule(shelf, 'cat'))).toMatch(/^conflict: another process adds a module/);
  await first.close();
  expect(existsSync(first.draft)).toBe(false);
  await expect(prepareModule(shelf, 'cat')).resolves.toBeDefined();
});
