// Figures of the tree: files and lines of each folder, the median and the 90th percentile of lines a file, import circles, and the
// lines of src/cli and of src. The local cloud is not part of src. usage: node scripts/tree.mjs [--json] [--root FOLDER]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
});
const ROOTS = ['src', 'packages/local-cloud/src'].filter((folder) => existsSync(join(values.root, folder)));

/** The TypeScript files below a folder, with their text. */
function filesBelow(folder) {
  return readdirSync(join(values.root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .map((path) => ({ path, text: readFileSync(join(values.root, path), 'utf8') }));
}

const files = ROOTS.flatMap(filesBelow).map(({ path, text }) => ({
  path,
  lines: text.split('\n').length - 1,
  imports: [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, to]) => join(dirname(path), to)),
}));

const linesOf = (some) => some.reduce((sum, { lines }) => sum + lines, 0);
const below = (folder) => files.filter(({ path }) => path.startsWith(`${folder}/`));
const part = (share) =>
  files.map(({ lines }) => lines).toSorted((a, b) => a - b)[Math.floor((files.length - 1) * share)];

/** `src/cli` for a file of that room, and `src` for a file that stands in src itself. */
const roomOf = (path) => /^(?:packages\/[^/]+\/)?src(?:\/[^/]+(?=\/))?/.exec(path)[0];

/** Groups of files that import each other around a circle, types included. */
function circles() {
  const imports = new Map(files.map(({ path, imports: to }) => [path, to]));
  const reached = (start) => {
    const seen = new Set();
    const open = [...(imports.get(start) ?? [])];
    for (let at = open.pop(); at !== undefined; at = open.pop())
      if (!seen.has(at)) {
        seen.add(at);
        open.push(...(imports.get(at) ?? []));
      }
    return seen;
  };
  const reach = new Map(files.map(({ path }) => [path, reached(path)]));
  const groups = new Map();
  for (const { path } of files.filter((file) => reach.get(file.path).has(file.path))) {
    const group = [...reach.get(path)].filter((other) => reach.get(other)?.has(path)).sort();
    groups.set(group[0], group);
  }
  return [...groups.values()];
}

const figures = {
  folders: [...new Set(files.map(({ path }) => roomOf(path)))].sort().map((folder) => {
    const own = files.filter(({ path }) => roomOf(path) === folder);
    return { folder, files: own.length, lines: linesOf(own) };
  }),
  files: files.length,
  median_lines: part(0.5),
  p90_lines: part(0.9),
  circles: circles(),
  cli: { files: below('src/cli').length, lines: linesOf(below('src/cli')) },
  src: { files: below('src').length, lines: linesOf(below('src')) },
};

if (values.json) console.log(JSON.stringify(figures, undefined, 2));
else {
  const row = (name, count, lines) =>
    console.log(`${name.padEnd(40)} ${String(count).padStart(5)} ${String(lines).padStart(7)}`);
  row('folder', 'files', 'lines');
  for (const { folder, files: count, lines } of figures.folders) row(folder, count, lines);
  row('src, without the local cloud', figures.src.files, figures.src.lines);
  console.log(
    `lines a file: median ${figures.median_lines}, p90 ${figures.p90_lines}; import circles: ${figures.circles.length}`,
  );
}
