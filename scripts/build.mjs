// Bundles rolecall for Node: one entry a bin; the AWS SDK and each command in chunks of their own, so that `--help` and
// `render` load neither. All libraries are inside, so an installed rolecall needs no other package.
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}dist`;

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { rolecall: 'src/bin/rolecall.ts', launch: 'src/bin/launch.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  chunkNames: 'chunks/[name]-[hash]',
  // The ES builds of the SDK tree-shake; its CommonJS builds do not.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // yaml's Node build is CommonJS, its ES build is called the browser's; it loads in half the time.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  banner: {
    js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
  },
  logLevel: 'warning',
});
for (const bin of ['rolecall.js', 'launch.js']) await chmod(`${outdir}/${bin}`, 0o755);
await writeFile(`${outdir}/THIRD-PARTY.txt`, await notices(bundledPackages(metafile)));

/** The folders of the packages that went into the bundle. */
function bundledPackages({ inputs }) {
  const folders = Object.keys(inputs).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** Their licences, as these ask for: every copy of the bundle carries them. */
async function notices(folders) {
  const parts = await Promise.all(
    folders.map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(`${root}${folder}/package.json`, 'utf8'));
      const file = (await readdir(`${root}${folder}`)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
      const text = file === undefined ? '' : await readFile(`${root}${folder}/${file}`, 'utf8');
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return `rolecall's bundle holds these packages:\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
