import type { Module } from '../../src/bundle/module.ts';
import { MODULE_FIELDS, VARIABLE_FIELDS } from '../../src/bundle/module-fields.ts';
import { BUNDLE_FIELDS, VALUE_SOURCE_FIELDS } from '../../src/catalogue/bundle-fields.ts';
import { APP_FIELDS, CATALOGUE_FIELDS, LOCAL_IMAGE_FIELDS, ROLE_FIELDS } from '../../src/catalogue/fields.ts';
import { BLOCK_DEVICE_FIELDS } from '../../src/catalogue/setting-shapes.ts';
import { SETTINGS } from '../../src/catalogue/settings.ts';
import { expectedOf, type Field } from '../../src/yaml/shape.ts';

/** docs/catalogue.md with its tables made anew, from the table that the validator reads. */
export const withFieldTables = (page: string): string =>
  withTables(page, {
    catalogue: fieldTable(CATALOGUE_FIELDS),
    settings: fieldTable(SETTINGS),
    role: fieldTable(ROLE_FIELDS),
    block_devices: fieldTable(BLOCK_DEVICE_FIELDS),
    bundle: fieldTable(BUNDLE_FIELDS),
    value: fieldTable(VALUE_SOURCE_FIELDS),
    apps: fieldTable(APP_FIELDS),
    local_image: fieldTable(LOCAL_IMAGE_FIELDS),
  });

/**
 * docs/modules.md with its tables made anew.
 * @param modules the standard collection
 * @param library the text of templates/module-lib.sh
 */
export const withModuleTables = (page: string, modules: readonly Module[], library: string): string =>
  withTables(page, {
    modules: markdownTable(
      ['Module', 'What it is', 'Runs on', 'Variables'],
      modules.map(({ name, description, platforms, variables }) => [
        `\`${name}\``,
        description,
        platforms.join(', '),
        Object.entries(variables)
          .map(([variable, { required, default: fallback }]) =>
            required ? `\`${variable}\` (required)` : `\`${variable}${fallback ? `=${fallback}` : ''}\``,
          )
          .join(' '),
      ]),
    ),
    library: markdownTable(['Function', 'What it does'], functionsOf(library)),
    module: fieldTable(MODULE_FIELDS),
    variable: fieldTable(VARIABLE_FIELDS),
  });

/** Functions whose comment begins with their name and arguments (`# wait_for SECONDS COMMAND...: tries ...`), or just says it. */
function functionsOf(library: string): string[][] {
  const blocks = library.matchAll(/((?:^# .*\n)+)^(\w+)\(\) \{$/gm);
  return [...blocks].map(([, comment = '', name = '']) => {
    const text = comment.replace(/^# /gm, '').trim().replaceAll('\n', ' ');
    const [, use, what] = new RegExp(`^(${name}\\b[^:]*): (.*)$`).exec(text) ?? [undefined, name, text];
    return [`\`${use}\``, what ?? ''];
  });
}

/** Fields as a table of a page in docs/. */
const fieldTable = (fields: readonly Field[]): string =>
  markdownTable(['Key', 'What it is', 'Takes', 'Default', 'Example'], fields.map(row));

function row(field: Field): string[] {
  const fallback = field.required ? '**required**' : (field.default ?? 'none');
  return [`\`${field.name}\``, field.description, takes(field), fallback, `\`${field.example}\``];
}

/** Records are told by tables of their own. */
const takes = ({ shape }: Field): string => (shape.kind === 'record' ? 'a map' : expectedOf(shape));

/** A table in Markdown; ends with a newline. */
const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');

/** The page with its parts between `<!-- table NAME -->` and `<!-- end -->` made anew. */
const withTables = (page: string, tables: Readonly<Record<string, string>>): string =>
  page.replace(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, open: string, name: string, close: string) => `${open}\n${tables[name] ?? ''}\n${close}`,
  );
