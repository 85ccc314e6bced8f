import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../src/files/package-root.ts';
import { BOOTSTRAPPER, run } from './bash.ts';
import { BoxRoot } from './box.ts';

const folder = join(packageRoot(), 'test/shell/same');
const NOT_RECORDED = ' (not recorded)';

interface Script {
  readonly what: string;
  readonly text: string;
  readonly recorded: boolean;
}

/** The scripts of a file: each begins behind a line `#### what it does`. */
const scriptsOf = (file: string): Script[] =>
  readFileSync(join(folder, file), 'utf8')
    .split(/^#### /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const what = part.slice(0, end);
      return { what, text: part.slice(end + 1), recorded: !what.endsWith(NOT_RECORDED) };
    });

/** All files below a folder with what they hold. */
const contents = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(root, path), readFileSync(path, 'latin1')]),
  );

const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));

test('there are enough scripts, each with a name of its own', () => {
  const names = files.flatMap(scriptsOf).map(({ what }) => what);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(100);
});

describe.each(files)('a script does the same with the recorder and without: %s', (file) => {
  const scripts = scriptsOf(file).map((script, number) => ({ ...script, number }));
  const box = new BoxRoot();
  afterAll(() => box.remove());

  beforeAll(async () => {
    const paths = scripts.map(({ text, number }) => box.write(`scripts/${number}`, text, 0o755));
    await run('bash', [join(folder, 'both.sh'), box.path, BOOTSTRAPPER, ...paths]);
  }, 120_000);

  test.each(scripts)('$what', ({ recorded, number }) => {
    const out = join(box.path, 'out', `${number}`);
    expect(existsSync(join(out, 'recorder'))).toBe(recorded);
    if (!recorded) return;
    const without = contents(join(out, 'without'));
    expect(Object.keys(without)).toEqual(expect.arrayContaining(['stdout', 'stderr', 'parent', 'modes']));
    expect(contents(join(out, 'with'))).toEqual(without);
  });
});
