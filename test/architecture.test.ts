import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Tools that every room may use. */
const SHARED = new Set(
  'clock event-stream text errors errno model objects redact masks suggest files yaml archive scripts'.split(
    ' ',
  ),
);
/** What the use cases join; data flows from left to right. */
const STAGES = ['catalogue', 'bundle', 'release', 'schemes', 'launch', 'fleet', 'watch'];
/** For each room above the stages the rooms below it. */
const ABOVE: Readonly<Record<string, readonly string[]>> = {
  bin: ['cli', 'index'],
  index: ['api', 'actions', 'results'],
  api: ['actions', 'results'],
  cli: ['api', 'actions', 'results', 'reporters', 'terminal'],
  reporters: ['results', 'terminal'],
  actions: ['results', ...STAGES, 'aws', 'local-cloud'],
  results: [],
  aws: [],
  terminal: [],
};

/** The house's rooms: a folder of src, or the name of a file that stands in src itself; a package is one room. */
const roomOf = (path: string): string =>
  path.startsWith('packages/')
    ? (path.split('/')[1] ?? '')
    : (relative('src', path).split('/')[0]?.replace(/\.ts$/, '') ?? '');

/** Which rooms a room may use at run time. */
function mayRun(from: string, to: string): boolean {
  if (from === to) return true;
  if (from === 'local-cloud') return false;
  if (SHARED.has(to)) return true;
  if (STAGES.includes(from)) return to === 'aws' || (from === 'fleet' && to === 'launch');
  return ABOVE[from]?.includes(to) ?? false;
}

/** Which rooms' types a room may name: the API tells events and results, reporters read them; a stage the nouns of those before it. */
function mayType(from: string, to: string): boolean {
  if (mayRun(from, to)) return true;
  if (['index', 'api', 'reporters', 'results'].includes(from)) return STAGES.includes(to);
  return STAGES.includes(from) && STAGES.includes(to) && STAGES.indexOf(to) < STAGES.indexOf(from);
}

/** The folders of src: the linter holds them to the law as well, in the editor. */
const LINTED = [
  ...STAGES,
  ...'cli actions results reporters terminal aws api files yaml archive scripts'.split(' '),
];

/** From a room's own folders to the others: a room may have a folder that is called as another room is. */
const WAYS_OUT = ['../', '../../', '../../../'];

/** biome.layers.json, as it follows from the law. */
function linterRules(): string {
  const message = 'this layer may not import that one: docs/architecture.md';
  const layers = [...Object.keys(ABOVE).filter((room) => room !== 'index'), ...STAGES];
  const overrides = LINTED.map((room) => {
    const banned = layers.filter((layer) => !mayType(room, layer));
    const group = banned.flatMap((layer) => WAYS_OUT.map((way) => `${way}${layer}/**`));
    const rule = { level: 'error', options: { patterns: [{ group, message }] } };
    return { includes: [`src/${room}/**`], linter: { rules: { style: { noRestrictedImports: rule } } } };
  });
  const rule = { level: 'error', options: { ignoreTypes: false } };
  const includes = [...LINTED.map((room) => `src/${room}/**`), 'packages/*/src/**'];
  const circles = { includes, linter: { rules: { suspicious: { noImportCycles: rule } } } };
  return `{"overrides": [\n${[...overrides, circles].map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;
}

/** The local cloud's package: its name, and all that others may import of it. */
const LOCAL_CLOUD = { name: '@rolecall/local-cloud', index: 'packages/local-cloud/src/index.ts' } as const;

const sources = ['src', 'packages/local-cloud/src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.ts'))
  .sort();

/** An import or a re-export of a file or a package of the house, or a lazy one; `typeof import()` names a type. */
const IMPORT =
  /^(?:import|export)\s(type\s)?[^'";]*?from\s+'(\.[^']+|@rolecall\/[^']+)'|(typeof )?\bimport\(\s*'(\.[^']+|@rolecall\/[^']+)'/gm;

/** The imports of the sources, within the house; with `verbatimModuleSyntax` only `import type` leaves none at run time. */
function allImports(): { from: string; to: string; typesOnly: boolean }[] {
  return sources.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    return [...text.matchAll(IMPORT)].map(([, type, statement, typeOf, lazy]) => {
      const path = statement ?? lazy ?? '';
      const to = path === LOCAL_CLOUD.name ? LOCAL_CLOUD.index : join(dirname(from), path);
      return { from, to, typesOnly: (type ?? typeOf) !== undefined };
    });
  });
}

/** Which files import from rooms that they should not know. */
const breaches = (
  imports: readonly { from: string; to: string }[],
  allowed: (from: string, to: string) => boolean,
): string[] =>
  [
    ...new Set(
      imports
        .filter(({ from, to }) => !allowed(roomOf(from), roomOf(to)))
        .map(({ from, to }) => `${from} -> ${roomOf(to)}`),
    ),
  ].sort();

/** The files that import themselves around a circle. */
function onCircles(imports: readonly { from: string; to: string }[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  return sources.filter((path) => {
    const seen = new Set<string>();
    const open = [...(next.get(path) ?? [])];
    for (let at = open.pop(); at !== undefined && !seen.has(path); at = open.pop())
      if (!seen.has(at)) {
        seen.add(at);
        open.push(...(next.get(at) ?? []));
      }
    return seen.has(path);
  });
}

describe('the arrows of the house', () => {
  test('at run time: bin -> cli -> actions -> stages -> aws -> shared tools', () => {
    const imports = allImports().filter(({ typesOnly }) => !typesOnly);
    expect(imports.length).toBeGreaterThan(50);
    expect(breaches(imports, mayRun)).toEqual([]);
  });

  test('types: a room names only the nouns of those before it', () => {
    const imports = allImports();
    expect(imports.length).toBeGreaterThan(50);
    expect(breaches(imports, mayType)).toEqual([]);
  });

  test('of the local cloud the product imports the index alone, and only in src/actions/local', () => {
    const imports = allImports().filter(
      ({ from, to }) => from.startsWith('src/') && /^(?:packages|@rolecall)\//.test(to),
    );
    expect(imports.length).toBeGreaterThan(0);
    const strange = imports.filter(
      ({ from, to }) => !from.startsWith('src/actions/local/') || to !== LOCAL_CLOUD.index,
    );
    expect(strange).toEqual([]);
  });

  test('the command line knows the use cases by the API alone, but for those of the local cloud', () => {
    const imports = allImports().filter(({ from, to }) => roomOf(from) === 'cli' && roomOf(to) === 'actions');
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter(({ to }) => !to.startsWith('src/actions/local/'))).toEqual([]);
  });

  test('no file imports itself around a circle, types included', () => {
    expect(onCircles(allImports())).toEqual([]);
  });

  test('the linter holds the same law (UPDATE_GOLDENS=1 writes its rules)', () => {
    const path = join(root, 'biome.layers.json');
    if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(path, linterRules());
    expect(readFileSync(path, 'utf8')).toBe(linterRules());
  });

  test('only main decides how the process ends', () => {
    // A program in a template string is another process's.
    const code = (path: string) => readFileSync(join(root, path), 'utf8').replaceAll(/`[^`]*`/g, '');
    const exits = sources.filter((path) => /process\.exit\(/.test(code(path)));
    expect(exits).toEqual(['src/cli/main.ts']);
  });

  test('every file that a command writes or removes goes through one door', () => {
    const OWN_FOLDER = 'a folder of the call’s own, from makeOwnFolder';
    const STATE_FOLDER = 'rolecall’s own state folder';
    const doors: Readonly<Record<string, string>> = {
      'src/files/output-file.ts': 'the door; it writes through devices and pipes, too',
      'src/files/own-folder.ts': 'makes and removes the folders of calls',
      'src/archive/write.ts': 'a draft of the door, made with wx',
      'src/bundle/add.ts': OWN_FOLDER,
      'src/bundle/scaffold.ts': OWN_FOLDER,
      'src/bundle/shelf.ts': 'moves a module between its place and a folder of the call’s own',
      'src/bundle/open.ts': 'unpacks into a folder that was new or empty, with wx',
      'src/release/export-repository.ts': OWN_FOLDER,
      'src/release/lfs.ts': OWN_FOLDER,
      'src/launch/file-records.ts': STATE_FOLDER,
      'src/launch/record-places.ts': STATE_FOLDER,
    };
    const changes =
      /\b(?:writeFile|appendFile|createWriteStream|copyFile|rename|truncate|link|symlink|unlink|rmdir|rm|chmod|chown)(?:Sync)?\(/;
    const opens = /\bopen(?:Sync)?\([^)]*(?:'(?:w|a|r\+)|O_(?:WRONLY|RDWR))/;
    const imports = /from 'node:fs(?:\/promises)?'/;
    const writers = sources.filter((path) => {
      const code = readFileSync(join(root, path), 'utf8').replaceAll(/`[^`]*`|^ *(?:\*|\/\/).*$/gm, '');
      return roomOf(path) !== 'local-cloud' && imports.test(code) && (changes.test(code) || opens.test(code));
    });
    expect(writers).toEqual(Object.keys(doors).sort());
  });

  test('nothing but terminal writes to the console', () => {
    const writers = sources.filter(
      (path) =>
        roomOf(path) !== 'terminal' &&
        /\bconsole\.(log|error|warn|info)\b/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(writers).toEqual([]);
  });
});
