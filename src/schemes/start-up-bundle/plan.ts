import type { Module } from '../../bundle/module.ts';
import type { BundleSettings } from '../../catalogue/role.ts';
import { counted, duration, printable, shownPath, sizeText, table } from '../../text.ts';
import type { BootPlan, PlanRow } from '../boot-plan.ts';
import { settingsOfScript } from './script.ts';

/** What the machines will start from. */
export interface PlannedBundle extends Pick<BundleSettings, 'compression' | 'access' | 'expiresMs'> {
  /** In the order in which they are started. */
  readonly modules: readonly PlannedModule[];
  /** How many files are in it. */
  readonly files: number;
  /** Of the sealed file. */
  readonly bytes: number;
  /** Hex SHA-256 of the tar inside: the sealed file is another one each time. */
  readonly tarSha256: string;
  /** What is packed from outside of the catalogue's repository. */
  readonly outside: readonly { readonly name: string; readonly path: string }[];
}

interface PlannedModule extends Pick<Module, 'name' | 'description' | 'origin' | 'timeoutMs'> {
  /** Names of the variables that have a value. */
  readonly variables: readonly string[];
}

/**
 * What a plan tells of a bundle: what is in it, and in which order its modules are started.
 * @param script redacted
 */
export function startUpPlan(bundle: PlannedBundle, script: string): BootPlan {
  const rows = bundleRows(bundle);
  return {
    rows,
    brief: rows,
    payload: settingsOfScript(script),
    start: {
      title: 'modules',
      aside: '(the box starts them in this order)',
      lines: moduleLines(bundle).map((text) => ({ text, hang: 4 })),
    },
  };
}

function bundleRows(bundle: PlannedBundle): PlanRow[] {
  const { files, bytes, compression, tarSha256, access, expiresMs } = bundle;
  const how = access === 'public' ? 'openly' : `by a URL in their payload, good for ${duration(expiresMs)}`;
  return [
    [
      'bundle',
      `${bundle.modules.map(({ name }) => name).join(', ')}; ${counted(files, 'file')}, ${sizeText(bytes)} (${compression}, encrypted), tar ${tarSha256.slice(0, 12)}`,
    ],
    [
      '',
      `machines fetch it ${how}; a launch seals it anew, with another key and object name of the same length`,
    ],
    ...bundle.outside.map(({ name, path }): PlanRow => ['from outside', `${name} is ${shownPath(path)}`]),
  ];
}

/** The modules in the order in which machines start them, a line each. */
const moduleLines = ({ modules }: PlannedBundle): string[] =>
  table(
    modules.map(({ name, description, origin, timeoutMs, variables }, index) => [
      `${index + 1}. ${name}`,
      [
        printable(description),
        ...(origin === 'own' ? ['your own'] : []),
        `within ${duration(timeoutMs)}`,
        ...(variables.length === 0 ? [] : [`gets ${variables.join(', ')}`]),
      ].join('; '),
    ]),
  );
