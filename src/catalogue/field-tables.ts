import { expectedOf, type Field } from '../document/shape.ts';
import { BUNDLE_FIELDS, VALUE_SOURCE_FIELDS } from './bundle-fields.ts';
import { APP_FIELDS, CATALOGUE_FIELDS, LOCAL_IMAGE_FIELDS, ROLE_FIELDS } from './fields.ts';
import { BLOCK_DEVICE_FIELDS, SETTINGS } from './settings.ts';

/** By the name of their place in the document, from the table that the validator reads. */
const fieldTables = (): Readonly<Record<string, string>> => ({
  catalogue: table(CATALOGUE_FIELDS),
  settings: table(SETTINGS),
  role: table(ROLE_FIELDS),
  block_devices: table(BLOCK_DEVICE_FIELDS),
  bundle: table(BUNDLE_FIELDS),
  variable: table(VALUE_SOURCE_FIELDS),
  apps: table(APP_FIELDS),
  local_image: table(LOCAL_IMAGE_FIELDS),
});

/** docs/catalogue.md with its tables (between `<!-- table NAME -->` and `<!-- end -->`) made anew. */
export function withFieldTables(document: string): string {
  const tables = fieldTables();
  return document.replace(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, open: string, name: string, close: string) => `${open}\n${tables[name] ?? ''}\n${close}`,
  );
}

const table = (fields: readonly Field[]): string =>
  [
    '| Key | What it is | Takes | Default | Example |',
    '| --- | --- | --- | --- | --- |',
    ...fields.map(row),
    '',
  ].join('\n');

function row(field: Field): string {
  const fallback = field.required ? '**required**' : (field.default ?? 'none');
  const cells = [`\`${field.name}\``, field.description, takes(field), fallback, `\`${field.example}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Records are told by tables of their own. */
const takes = ({ shape }: Field): string => (shape.kind === 'record' ? 'a map' : expectedOf(shape));
