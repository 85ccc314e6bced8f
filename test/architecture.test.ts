import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const STAGES = ['catalogue', 'bundle', 'release', 'payload', 'launch', 'watch', 'report'];
/** Files that everybody may import: the words that all stages share. */
const LEAVES = new Set(['nouns', 'errors', 'errno', 'secrets', 'masks', 'nearest']);

/** What several stages work with, and which knows none of them: documents with positions, archives, scripts. */
const TOOLS = new Set(['document', 'archive', 'scripts']);

/** The house's rooms: a folder of src, or the name of a file that stands in src itself. */
const roomOf = (path: string): string => relative('src', path).split('/')[0]?.replace(/\.ts$/, '') ?? '';

/** Which rooms a room may use at run time (main -> cli -> stages -> {aws, io} -> errors). */
function mayRun(from: string, to: string): boolean {
  if (from === to || LEAVES.has(to)) return true;
  if (from === 'bin') return to === 'main';
  if (from === 'main') return to === 'cli' || to === 'io';
  if (from === 'cli') return STAGES.includes(to) || TOOLS.has(to) || to === 'aws' || to === 'io';
  if (from === 'scripts') return to === 'document';
  if (STAGES.includes(from)) return to === 'aws' || to === 'io' || TOOLS.has(to);
  return (from === 'local' || from === 'aws') && to === 'io';
}

/** Types flow along the sentence: catalogue, release, payload, launch, watch, report. */
function mayType(from: string, to: string): boolean {
  if (mayRun(from, to)) return true;
  return STAGES.includes(from) && STAGES.includes(to) && STAGES.indexOf(to) < STAGES.indexOf(from);
}

/** Only the commands that start and enter the local cloud know its insides. */
const isLocalCommand = (path: string): boolean => /^src\/cli\/local-[a-z-]+\.ts$/.test(path);

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join('src', path))
  .sort();

async function runtimeImports(): Promise<{ from: string; to: string }[]> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  return Object.entries(result.metafile.inputs).flatMap(([from, { imports }]) =>
    imports.filter(({ external }) => !external).map(({ path }) => ({ from, to: path })),
  );
}

function allImports(): { from: string; to: string }[] {
  return sources.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) => ({
      from,
      to: join(dirname(from), path ?? ''),
    }));
  });
}

const breaches = (
  imports: readonly { from: string; to: string }[],
  allowed: (from: string, to: string) => boolean,
): string[] =>
  imports
    .filter(({ from, to }) => !allowed(roomOf(from), roomOf(to)))
    .filter(({ from, to }) => !(roomOf(to) === 'local' && isLocalCommand(from)))
    .map(({ from, to }) => `${from} -> ${to}`);

describe('the arrows of the house', () => {
  test('at run time: main -> cli -> stages -> {aws, io} -> errors', async () => {
    const imports = await runtimeImports();
    expect(imports.length).toBeGreaterThan(50);
    expect(breaches(imports, mayRun)).toEqual([]);
  });

  test('types: a stage knows only the nouns of the stages before it', () => {
    const imports = allImports();
    expect(imports.length).toBeGreaterThan(50);
    expect(breaches(imports, mayType)).toEqual([]);
  });

  test('only main decides how the process ends', () => {
    // A program in a template string is another process's.
    const code = (path: string) => readFileSync(join(root, path), 'utf8').replaceAll(/`[^`]*`/g, '');
    const exits = sources.filter((path) => /process\.exit\(/.test(code(path)));
    expect(exits).toEqual(['src/main.ts']);
  });

  test('every file that a command writes or removes goes through one door', () => {
    const OWN_FOLDER = 'a folder of the call’s own, from makeOwnFolder';
    const STATE_FOLDER = 'rolecall’s own state folder';
    const doors: Readonly<Record<string, string>> = {
      'src/io/output-file.ts': 'the door',
      'src/io/own-folder.ts': 'makes and removes the folders of calls',
      'src/archive/write.ts': 'a draft of the door, made with wx',
      'src/bundle/add.ts': OWN_FOLDER,
      'src/bundle/scaffold.ts': OWN_FOLDER,
      'src/bundle/shelf.ts': 'moves a module between its place and a folder of the call’s own',
      'src/bundle/open.ts': 'unpacks into a folder that was new or empty, with wx',
      'src/release/export-repository.ts': OWN_FOLDER,
      'src/release/lfs.ts': OWN_FOLDER,
      'src/launch/file-records.ts': STATE_FOLDER,
      'src/launch/file-versions.ts': STATE_FOLDER,
      'src/cli/records.ts': STATE_FOLDER,
    };
    const changes =
      /\b(?:writeFile|appendFile|createWriteStream|copyFile|rename|truncate|link|symlink|unlink|rmdir|rm|chmod|chown)(?:Sync)?\(/;
    const opens = /\bopen(?:Sync)?\([^)]*(?:'(?:w|a|r\+)|O_(?:WRONLY|RDWR))/;
    const imports = /from 'node:fs(?:\/promises)?'/;
    const writers = sources.filter((path) => {
      const code = readFileSync(join(root, path), 'utf8').replaceAll(/`[^`]*`|^ *(?:\*|\/\/).*$/gm, '');
      return roomOf(path) !== 'local' && imports.test(code) && (changes.test(code) || opens.test(code));
    });
    expect(writers).toEqual([...Object.keys(doors), 'src/io/stream-file.ts'].sort());
  });

  test('nothing but io writes to the console', () => {
    const writers = sources.filter(
      (path) =>
        roomOf(path) !== 'io' &&
        /\bconsole\.(log|error|warn|info)\b/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(writers).toEqual([]);
  });
});
