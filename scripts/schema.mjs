// Writes what is generated from the catalogue's field table: roles.schema.json and the tables of docs/catalogue.md.
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
    entryPoints: ['src/catalogue/schema.ts', 'src/catalogue/field-tables.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const { catalogueSchema } = await import(join(folder, 'schema.mjs'));
  const { withFieldTables } = await import(join(folder, 'field-tables.mjs'));
  await writeFile(`${root}roles.schema.json`, `${JSON.stringify(catalogueSchema(), null, 2)}\n`);
  const page = `${root}docs/catalogue.md`;
  await writeFile(page, withFieldTables(await readFile(page, 'utf8')));
} finally {
  await rm(folder, { recursive: true, force: true });
}
