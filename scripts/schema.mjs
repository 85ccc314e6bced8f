// Writes what is generated from field tables: roles.schema.json, and the tables of docs/catalogue.md and docs/modules.md.
// Run by `npm run schema`, which lets node read TypeScript.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openCollection } from '../src/bundle/collection.ts';
import { catalogueSchema } from './schema/catalogue-schema.ts';
import { withFieldTables, withModuleTables } from './schema/tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rewrite = async (page, change) => writeFile(page, change(await readFile(page, 'utf8')));

await writeFile(`${root}roles.schema.json`, `${JSON.stringify(catalogueSchema(), null, 2)}\n`);
await rewrite(`${root}docs/catalogue.md`, withFieldTables);
// Only the collection that comes with rolecall.
const shelves = { own: `${root}no-such-folder`, standard: `${root}templates/modules` };
const { names, find } = await openCollection(shelves, (path) => path);
const modules = await Promise.all(names.map(find));
const library = await readFile(`${root}templates/module-lib.sh`, 'utf8');
await rewrite(`${root}docs/modules.md`, (page) => withModuleTables(page, modules, library));
