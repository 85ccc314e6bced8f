import type { Role } from '../catalogue/role.ts';
import { type Setting, settingsOf } from '../results/settings.ts';
import type { Paint } from '../terminal/paint.ts';
import { pad, printable, table, truncate, unpainted, widthOf, wrap } from '../text.ts';

/** A role as `roles list` names it. */
export interface RoleEntry {
  readonly role: string;
  readonly description: string | null;
}

/** `roles list`: a role a line with its description, within `columns`; ends with a newline. */
export function renderRoles(roles: readonly RoleEntry[], columns: number, paint: Paint): string {
  const widest = Math.max(0, ...roles.map(({ role }) => widthOf(role)));
  const rows = roles.map(({ role, description }) => [
    role,
    truncate(printable(description ?? ''), Math.max(10, columns - widest - 2)),
  ]);
  return table(rows)
    .map((line, index) => {
      const name = rows[index]?.[0] ?? '';
      return `${paint.strong(name)}${line.slice(name.length)}\n`;
    })
    .join('');
}

/** `roles show`: each value of a role and the place that set it, in a window of `columns`; ends with a newline. */
export function renderRole(role: Role, paint: Paint, columns?: number): string {
  const head = [`${paint.strong(role.role)} ${role.environment}/${role.context}`];
  if (role.description !== undefined)
    head.push(...wrap(printable(role.description), columns ?? Number.POSITIVE_INFINITY, 0));
  return [...head, '', ...settingLines(settingsOf(role), paint, columns), ''].join('\n');
}

/** A longer value pushes its own source aside, and not everybody's. */
const VALUE_COLUMNS = 36;

/** The table of settings: name, value, source; where `columns` are too few for that, the sources have lines of their own. */
export function settingLines(settings: readonly Setting[], paint: Paint, columns?: number): string[] {
  const values = settings.map(({ value }) => printable(value));
  const widest = Math.max(0, ...values.map(widthOf).filter((width) => width <= VALUE_COLUMNS));
  const rows = settings.map(({ name, source }, index) => {
    const value = values[index] ?? '';
    return [name, source === null ? value : `${pad(value, widest)}  ${paint.faint(source)}`];
  });
  const aligned = table(rows);
  if (columns === undefined || aligned.every((line) => widthOf(unpainted(line)) <= columns)) return aligned;
  return settings.flatMap(({ name, source }, index) => {
    const lines = wrap(`${name}  ${values[index] ?? ''}`, columns, 4);
    return source === null ? lines : [...lines, `    ${paint.faint(source)}`];
  });
}

/** `roles show --output json`. */
export const roleDocument = (role: Role) => ({
  catalogue: role.catalogue,
  role: role.role,
  environment: role.environment,
  context: role.context,
  description: role.description ?? null,
  catalogue_sha256: role.catalogueSha256,
  settings: settingsOf(role),
});

/** `roles list --output json`. */
export const rolesDocument = (roles: readonly RoleEntry[]) => ({ roles });
