import { fieldTable, markdownTable, withTables } from '../yaml/field-table.ts';
import type { Module } from './module.ts';
import { MODULE_FIELDS, VARIABLE_FIELDS } from './module-fields.ts';

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
