import { expectedOf, type Field } from './shape.ts';

/** Fields as a table of a page in docs/. */
export const fieldTable = (fields: readonly Field[]): string =>
  markdownTable(['Key', 'What it is', 'Takes', 'Default', 'Example'], fields.map(row));

function row(field: Field): string[] {
  const fallback = field.required ? '**required**' : (field.default ?? 'none');
  return [`\`${field.name}\``, field.description, takes(field), fallback, `\`${field.example}\``];
}

/** Records are told by tables of their own. */
const takes = ({ shape }: Field): string => (shape.kind === 'record' ? 'a map' : expectedOf(shape));

/** A table in Markdown; ends with a newline. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');

/** The page with its parts between `<!-- table NAME -->` and `<!-- end -->` made anew. */
export const withTables = (page: string, tables: Readonly<Record<string, string>>): string =>
  page.replace(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, open: string, name: string, close: string) => `${open}\n${tables[name] ?? ''}\n${close}`,
  );
