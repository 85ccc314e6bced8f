import type { PlannedBundle } from '../results/plan.ts';
import { counted, duration, printable, shownPath, sizeText, table } from '../text.ts';

/** The bundle as rows of the plan's head. */
export function bundleRows(bundle: PlannedBundle): [string, string][] {
  const { files, bytes, compression, tarSha256, access, expiresMs } = bundle;
  const how = access === 'public' ? 'openly' : `by a URL in their payload, good for ${duration(expiresMs)}`;
  return [
    [
      'bundle',
      `${modulesText(bundle)}; ${counted(files, 'file')}, ${sizeText(bytes)} (${compression}, encrypted), tar ${tarSha256.slice(0, 12)}`,
    ],
    [
      '',
      `machines fetch it ${how}; a launch seals it anew, with another key and object name of the same length`,
    ],
    ...bundle.outside.map(({ name, path }): [string, string] => [
      'from outside',
      `${name} is ${shownPath(path)}`,
    ]),
  ];
}

export const modulesText = ({ modules }: PlannedBundle): string => modules.map(({ name }) => name).join(', ');

/** The modules in the order in which machines start them, a line each. */
export const moduleLines = ({ modules }: PlannedBundle): string[] =>
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

/** Of a start-up script only its settings are shown: the rest is the same for every launch. */
export function settingsOfScript(script: string): string {
  const block = /^rolecall_launch=[\s\S]*?^\)\n/m.exec(script)?.[0] ?? '';
  const lines = script.split('\n').length - block.split('\n').length;
  return `${block}... and ${lines} lines that are the same for every launch: rolecall render --redact`;
}

export const bundleDocument = (bundle: PlannedBundle) => ({
  modules: bundle.modules.map(({ name, description, origin, timeoutMs, variables }) => ({
    name,
    description,
    origin,
    timeout_ms: timeoutMs,
    variables,
  })),
  files: bundle.files,
  bytes: bundle.bytes,
  tar_sha256: bundle.tarSha256,
  compression: bundle.compression,
  access: bundle.access,
  expires_ms: bundle.expiresMs,
  outside: bundle.outside,
});
