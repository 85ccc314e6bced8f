import type { Suspect } from '../archive/suspects.ts';
import type { BundleSettings } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { optionText, shownPath } from '../text.ts';
import type { ShapeFault } from '../yaml/check.ts';
import { placeFaults } from '../yaml/document.ts';
import { DocumentError } from '../yaml/faults.ts';
import type { Mark } from '../yaml/located.ts';
import { isIn, isInside, type PackedPath, realOf, type Surroundings } from './places.ts';

/** Something in a bundle that looks like a secret, and the setting that brought it. */
export interface Finding extends Suspect {
  readonly at: Mark;
  /** The variable that modules should declare as secret, where that lets it in. */
  readonly declare?: string;
}

/** Whose bundle is judged, and how messages call what it is made of. */
export interface Subject {
  /** `the bundle of web`. */
  readonly noun: string;
  /** The catalogue's name and lines; absent where no catalogue names the modules. */
  readonly catalogue?: { readonly label: string; readonly lines: readonly string[] } | undefined;
}

const NO_AWS_KEYS = 'no AWS keys of this command: an instance_profile gives machines theirs';

/**
 * Makes sure that each path outside of the catalogue's repository was let in, and returns those.
 * @throws UsageError with all that were not, or for a permission that nothing needs
 */
export async function checkOutside(
  paths: readonly PackedPath[],
  surroundings: Surroundings,
  permitted: readonly string[],
  subject: Subject,
): Promise<PackedPath[]> {
  const outside = paths.filter(({ real }) => !isInside(real, surroundings));
  const leaves = await Promise.all(permitted.map(async (path) => ({ path, real: await realOf(path) })));
  const refused = outside.filter(
    ({ real: path }) => !leaves.some(({ real }) => real !== undefined && isIn(real, path)),
  );
  if (refused.length > 0) {
    const faults = refused.map(({ setting, at, real }) => ({
      at,
      path: setting,
      message: `${setting} lies outside of the catalogue's repository: ${shownPath(real)}`,
      expected: `a path in ${shownPath(surroundings.root)}`,
    }));
    const needed = [...new Set(refused.map(({ real }) => real))];
    throw refusal(subject, faults, `if they may leave this machine: ${options('allow-outside', needed)}`);
  }
  const needless = leaves.find(
    ({ real }) => !outside.some(({ real: path }) => real !== undefined && isIn(real, path)),
  );
  if (needless !== undefined)
    throw new UsageError(
      `${optionText('allow-outside', needless.path)}: ${subject.noun} takes nothing from there that needs it`,
      { hint: 'leave it out; rolecall plan shows what a bundle takes from outside of the repository' },
    );
  return outside;
}

/**
 * Makes sure that all that looks like a secret was let in.
 * @throws UsageError with all that was not, or for a permission that nothing needs
 */
export function checkSecrets(
  findings: readonly Finding[],
  permitted: readonly string[],
  subject: Subject,
): void {
  const names = permitted.map((path) => path.replace(/^start-up-bundle\//, ''));
  const refused = findings.filter(({ path, own }) => own === true || !names.includes(path));
  if (refused.length > 0) {
    const faults = refused.map((finding) => ({
      at: finding.at,
      path: finding.path,
      message: `${shownPath(finding.path)} ${finding.why}`,
      expected: expectedOf(finding),
    }));
    const named = refused.flatMap(({ path, own }) => (own === true ? [] : [path]));
    throw refusal(
      subject,
      faults,
      named.length === 0
        ? 'take them out of the role: no option lets these in'
        : `if they may be on every machine: ${options('allow-secret', named)}`,
    );
  }
  const needless = names.find((name) => !findings.some(({ path }) => path === name));
  if (needless !== undefined)
    throw new UsageError(
      `${optionText('allow-secret', needless)}: nothing in ${subject.noun} by that path looks like a secret`,
      { hint: 'leave it out; paths are those in the bundle, as rolecall bundle open shows them' },
    );
}

function expectedOf({ own, declare }: Finding): string {
  if (own === true) return NO_AWS_KEYS;
  return declare === undefined
    ? 'no keys or passwords in a bundle'
    : `a text, unless every module that has ${declare} declares it with secret: true`;
}

function refusal({ noun, catalogue }: Subject, faults: readonly ShapeFault[], hint: string): UsageError {
  if (catalogue !== undefined)
    return new DocumentError(noun, placeFaults(faults, catalogue.label, catalogue.lines), hint);
  const lines = faults.map(({ message }) => `  ${message}`);
  return new UsageError([`${noun} can't be packed:`, ...lines].join('\n'), { hint });
}

const options = (name: string, values: readonly string[]): string =>
  values.map((value) => optionText(name, value)).join(' ');

/** The place of the setting that brought a file into the bundle. @param path below `start-up-bundle/` */
export function markOf(path: string, { files, modules }: BundleSettings): Mark {
  const [longest] = Object.entries(files)
    .filter(([name]) => path === `files/${name}` || path.startsWith(`files/${name}/`))
    .sort(([one], [other]) => other.length - one.length);
  const [top] = path.split('/');
  const module = modules.find(({ name }) => name === top);
  const at = longest?.[1].at ?? module?.at ?? modules[0]?.at;
  if (at === undefined) throw new Error('a bundle has a module');
  return at;
}
