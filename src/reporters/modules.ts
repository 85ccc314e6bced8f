import type { Module, Variable } from '../bundle/module.ts';
import { printable, table, truncate, widthOf } from '../text.ts';

/** `module list`: a module a line, within `columns`; ends with a newline. */
export function moduleListText(modules: readonly Module[], columns: number): string {
  const widest = Math.max(0, ...modules.map(({ name }) => widthOf(name)));
  return table(
    modules.map(({ name, origin, description }) => [
      name,
      truncate(
        `${printable(description)}${origin === 'own' ? ' (your own)' : ''}`,
        Math.max(10, columns - widest - 2),
      ),
    ]),
  )
    .map((line) => `${line}\n`)
    .join('');
}

/** `module list NAME`: all about one. */
export function moduleText(module: Module): string {
  const { name, description, origin, after, platforms, provides } = module;
  const rows: [string, string][] = [
    ['module', `${name}: ${printable(description)}`],
    ['from', origin === 'own' ? "the catalogue's own" : 'the standard collection'],
    ['runs on', platforms.length === 0 ? 'any system' : platforms.join(', ')],
    ...(after.length === 0 ? [] : [['after', after.join(', ')] as [string, string]]),
    ...(provides.length === 0 ? [] : [['provides', provides.join(', ')] as [string, string]]),
  ];
  const variables = Object.entries(module.variables).map(([variable, entry]) => [
    `  ${variable}`,
    entry.type,
    `${printable(entry.description)}${traits(entry)}`,
  ]);
  return [...table(rows), ...(variables.length === 0 ? [] : ['variables', ...table(variables)]), ''].join(
    '\n',
  );
}

function traits({ default: fallback, required, secret }: Variable): string {
  const parts = [
    ...(required ? ['required'] : []),
    ...(secret ? ['secret'] : []),
    ...(fallback === undefined ? [] : [`default ${fallback === '' ? 'empty' : printable(fallback)}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

export const moduleDocument = (module: Module) => ({
  name: module.name,
  origin: module.origin,
  description: module.description,
  variables: Object.entries(module.variables).map(([name, entry]) => ({
    name,
    description: entry.description,
    type: entry.type,
    default: entry.default ?? null,
    required: entry.required,
    secret: entry.secret,
  })),
  after: module.after,
  platforms: module.platforms,
  timeout_ms: module.timeoutMs,
  provides: module.provides,
});
