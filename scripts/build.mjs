// Bundles rolecall for Node, for a quick start. dist/main.cjs holds all of rolecall in one file, since each file costs
// more than its size; what a command imports lazily is inside, but is evaluated only when it is called. CommonJS, because
// then Node's own modules are loaded as lazily, and its loader of ES modules not at all. Large libraries that few
// commands need stand apart: the AWS SDK's clients, inquirer and ora. An installed rolecall needs no other package.
import { chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { billOfMaterials } from './sbom.mjs';
import { writeTypes } from './types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;
/** Built beside and moved into place, so that no command finds half a bundle. */
const outdir = `${root}.dist-${process.pid}`;

const fileOf = (path) => `./${basename(path).replace(/\.ts$/, '')}.cjs`;

const apart = {
  name: 'apart',
  setup: ({ onResolve }) => {
    onResolve(
      { filter: /^(\.\/inquirer\.ts|\.\/ora\.ts|\.\/(?:ec2|s3)-sdk\.ts|\.\/main\.ts)$/ },
      ({ path, kind }) => (kind === 'entry-point' ? undefined : { path: fileOf(path), external: true }),
    );
  },
};

/**
 * The SDK describes all 700 operations of EC2, and S3's, in arrays whose computed keys no bundler dares to drop. They have no side
 * effects: said so, 500 KB of them go, and with them a third of the time to the first request.
 */
const pureSchemas = {
  name: 'pure-schemas',
  setup: ({ onLoad }) => {
    onLoad({ filter: /client-(?:ec2|s3)[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const statement = /^((?:export )?var [\w$]+ = )(\[[^\n]*\]|\[[\s\S]*?\n\]);$/gm;
      return { contents: text.replace(statement, '$1/* @__PURE__ */ (() => $2)();'), loader: 'js' };
    });
  },
};

/** inquirer's prompt with an editor, which rolecall never asks: its tables of character sets were nine tenths of the bundle. */
const noEditor = {
  name: 'no-editor',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@inquirer\/editor$/ }, ({ path }) => ({ path, namespace: 'no-editor' }));
    onLoad({ filter: /.*/, namespace: 'no-editor' }, () => ({
      contents: "export default () => Promise.reject(new Error('this bundle has no prompt with an editor'));",
    }));
  },
};

async function bundle(entryPoints, plugins) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    plugins,
    bundle: true,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // import() becomes a require() in a promise.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'thisFileUrl' },
    banner: { js: "const thisFileUrl = require('node:url').pathToFileURL(__filename).href;" },
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    // Our own names stay, for the stack traces of --debug.
    minifyIdentifiers: !('main' in entryPoints),
    legalComments: 'none',
    metafile: true,
    // The ES builds of the SDK tree-shake; its CommonJS builds do not.
    mainFields: ['module', 'main'],
    conditions: ['module'],
    // yaml's ES build is called the browser's, and loads in half the time.
    // string-width compiles tables of emoji that no help text needs: 10 ms a copy, and yargs brings two.
    alias: { yaml: './node_modules/yaml/browser/index.js', 'string-width': './src/terminal/string-width.ts' },
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
}

const inputs = await Promise.all([
  bundle(
    {
      main: 'src/bin/main.ts',
      index: 'src/bin/index.ts',
      rolecall: 'src/bin/rolecall.ts',
      launch: 'src/bin/launch.ts',
    },
    [apart],
  ),
  bundle({ inquirer: 'src/cli/prompts/inquirer.ts' }, [noEditor]),
  bundle({ ora: 'src/terminal/ora.ts' }, []),
  bundle({ re2: './node_modules/re2js/build/index.js' }, []),
  bundle({ 'ec2-sdk': 'src/aws/ec2-sdk.ts' }, [pureSchemas]),
  bundle({ 's3-sdk': 'src/aws/s3-sdk.ts' }, [pureSchemas]),
]);
// What an AMI gets: the bootstrapper joined into one file.
await bundle({ 'box-program': 'src/files/package-root.ts' }, []);
const { boxProgram } = createRequire(import.meta.url)(`${outdir}/box-program.cjs`);
await writeFile(`${outdir}/rolecall-bootstrapper`, boxProgram('bootstrapper.sh'), { mode: 0o755 });
await rm(`${outdir}/box-program.cjs`);
for (const bin of ['rolecall.cjs', 'launch.cjs']) await chmod(`${outdir}/${bin}`, 0o755);
const libraries = await Promise.all(bundledFolders(inputs.flat()).map(library));
await writeFile(`${outdir}/THIRD-PARTY.txt`, await notices(libraries));
await writeFile(`${outdir}/sbom.cdx.json`, billOfMaterials(await json('package.json'), libraries));
writeTypes(root, `${outdir}/types`);
await rm(dist, { recursive: true, force: true });
await rename(outdir, dist);

/** The folders of the packages that went into the bundles. */
function bundledFolders(paths) {
  const folders = paths.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

async function json(path) {
  return JSON.parse(await readFile(`${root}${path}`, 'utf8'));
}

/** A bundled package: its folder, what it says of itself, and its hash in package-lock.json. */
async function library(folder) {
  const { name, version, license } = await json(`${folder}/package.json`);
  const { integrity } = (await json('package-lock.json')).packages[folder];
  return { folder, name, version, license, integrity };
}

/** Their licences, as these ask for: every copy of the bundle carries them. */
async function notices(libraries) {
  const parts = await Promise.all(
    libraries.map(async ({ folder, name, version, license }) => {
      const file = (await readdir(`${root}${folder}`)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
      const text = file === undefined ? '' : await readFile(`${root}${folder}/${file}`, 'utf8');
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return `rolecall's bundle holds these packages:\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
