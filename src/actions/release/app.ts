import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { AppSettings, Catalogue } from '../../catalogue/catalogue.ts';
import { UsageError } from '../../errors.ts';
import type { PathName } from '../../model.ts';
import { nearest } from '../../suggest.ts';
import { textAt } from '../../yaml/located.ts';
import type { Runtime } from '../runtime.ts';

/** The app that is meant, among those of `apps` and those that roles deploy. @throws UsageError */
export function appOf(given: string | undefined, catalogue: Catalogue): PathName {
  const known = appNames(catalogue);
  if (given !== undefined) {
    const found = known.find((name) => name === given);
    if (found !== undefined) return found;
    const near = nearest(given, known);
    throw new UsageError(
      `${catalogue.label} has no app ${JSON.stringify(given)}${near === undefined ? '' : `; did you mean "${near}"?`}`,
      { hint: known.length === 0 ? NO_APPS : `its apps: ${known.join(', ')}` },
    );
  }
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  if (only === undefined) throw new UsageError(`${catalogue.label} names no app`, { hint: NO_APPS });
  throw new UsageError('which app is meant?', { hint: `add --app with one of ${known.join(', ')}` });
}

const NO_APPS = 'write apps: {NAME: } at its top level, and app: NAME in the roles that deploy it';

/** Every name that the catalogue gives an app, those of `apps` first. */
function appNames({ apps, root }: Catalogue): PathName[] {
  const inRoles: string[] = [];
  const look = (node: typeof root | undefined): void => {
    if (node?.kind !== 'map') return;
    const app = textAt(node, 'app');
    if (app !== undefined) inRoles.push(app);
    for (const [key, { value }] of node.entries) {
      if (key !== 'apps' && value.kind === 'map') look(value);
    }
  };
  look(root);
  return [...new Set([...apps.map(({ name }) => name), ...(inRoles as PathName[])])];
}

/** How the builds of an app are made; what the catalogue doesn't say is as it comes. */
export const settingsOfApp = ({ apps }: Catalogue, name: PathName): AppSettings =>
  apps.find((app) => app.name === name) ?? { name, compression: 'gzip' };

/** Absolute path of the repository of an app. */
export const repositoryOf = (catalogue: Catalogue, { repository }: AppSettings): string =>
  resolve(dirname(catalogue.path), repository ?? '.');

/** @throws UsageError for an environment that the catalogue lacks */
export function environmentOf(given: string | undefined, { environments, label }: Catalogue): PathName {
  if (given === undefined)
    throw new UsageError('missing --env', { hint: `one of ${environments.join(', ')}` });
  const found = environments.find((name) => name === given);
  if (found !== undefined) return found;
  const near = nearest(given, environments);
  throw new UsageError(
    `${label} has no environment ${JSON.stringify(given)}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    { hint: `its environments: ${environments.join(', ')}` },
  );
}

/** @throws UsageError for a reason that wouldn't fit into a line */
export function reasonOf(why: string | undefined): string | null {
  if (why === undefined) return null;
  if (/^[^\p{C}]{1,200}$/u.test(why)) return why;
  throw new UsageError('--why must be one line of 1 to 200 printable characters', { hint: 'say it shorter' });
}

/** Where CI tells who started it. */
const ACTORS = [
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'BUILDKITE_BUILD_CREATOR',
  'CIRCLE_USERNAME',
  'BUILD_USER_ID',
];

/** Who does this: CI's actor, else the user of this computer. */
export function actorOf({ env }: Pick<Runtime, 'env'>): string {
  const actor = ACTORS.map((name) => env[name]).find((name) => name !== undefined && name !== '');
  return (actor ?? `${userName(env)}@${hostname()}`).replace(/[^\x21-\x7e]/g, '?').slice(0, 100);
}

function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return env['USER'] ?? String(process.getuid?.() ?? 'somebody');
  }
}
