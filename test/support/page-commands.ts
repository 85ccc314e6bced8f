import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './cli.ts';

/** The command blocks of docs/ami.md that make a machine an AMI, as an operator types them. */
export function amiCommands() {
  const page = readFileSync(join(ROOT, 'docs/ami.md'), 'utf8');
  const section = /^## Install$(.*?)^## /ms.exec(page)?.[1] ?? '';
  const [pack, install, unit, rcLocal, tidy, ...more] = [...section.matchAll(/^```\n(.*?)^```$/gms)].map(
    ([, text]) => text ?? '',
  );
  if (tidy === undefined || more.length > 0) throw new Error('docs/ami.md: expected five command blocks');
  return { pack, install, unit, rcLocal, tidy } as Readonly<
    Record<'pack' | 'install' | 'unit' | 'rcLocal' | 'tidy', string>
  >;
}
