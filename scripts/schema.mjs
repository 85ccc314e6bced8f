// Writes what is generated from field tables: roles.schema.json, and the tables of docs/catalogue.md and docs/modules.md.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'rolecall-schema-'));
try {
  await build({
    absWorkingDir: root,
    entryPoints: {
      schema: 'src/catalogue/schema.ts',
      'field-tables': 'src/catalogue/field-tables.ts',
      'module-tables': 'src/bundle/module-tables.ts',
      collection: 'src/bundle/collection.ts',
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  });
  const { catalogueSchema } = await import(join(folder, 'schema.mjs'));
  const { withFieldTables } = await import(join(folder, 'field-tables.mjs'));
  await writeFile(`${root}roles.schema.json`, `${JSON.stringify(catalogueSchema(), null, 2)}\n`);
  const rewrite = async (page, change) => writeFile(page, change(await readFile(page, 'utf8')));
  await rewrite(`${root}docs/catalogue.md`, withFieldTables);
  const { withModuleTables } = await import(join(folder, 'module-tables.mjs'));
  const { openCollection } = await import(join(folder, 'collection.mjs'));
  const shelves = { own: join(folder, 'none'), standard: `${root}templates/modules` };
  const { names, find } = await openCollection(shelves, (path) => path);
  const modules = await Promise.all(names.map(find));
  const library = await readFile(`${root}templates/module-lib.sh`, 'utf8');
  await rewrite(`${root}docs/modules.md`, (page) => withModuleTables(page, modules, library));
} finally {
  await rm(folder, { recursive: true, force: true });
}
